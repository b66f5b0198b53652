import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'

const root = join(import.meta.dirname, '../..')

/** Bundles the training worker, or another one, from its source as electron-vite does, and returns the file. Takes a second or two. */
export async function buildWorker(entry = 'training/worker.ts'): Promise<string> {
  // Inside the project, so that its packages are found.
  const outDir = await mkdtemp(join(root, 'node_modules/.cache-test-worker-'))
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(root, 'src-main', entry),
      outDir,
      target: 'node20',
      minify: false,
      rollupOptions: { output: { format: 'es', entryFileNames: 'worker.mjs' } },
    },
  })
  return join(outDir, 'worker.mjs')
}
