import { resolve } from 'node:path'
import { build } from 'vite'

/**
 * Builds a program of test/store as plain Node can run it.
 * @returns the path of the built file, inside node_modules so that it finds its packages
 */
export async function built(entry: string): Promise<string> {
  const root = resolve(import.meta.dirname, '../..')
  const outDir = resolve(root, 'node_modules/.cache/fairsweep-test-store')
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: { ssr: resolve(import.meta.dirname, entry), outDir, emptyOutDir: false, target: 'node20' },
  })
  return resolve(outDir, entry.replace(/\.ts$/, '.js'))
}
