import vue from '@vitejs/plugin-vue'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import type { InlineConfig } from 'vite'
import { isBuilt } from '../scripts/build.js'

/**
 * What tests start beside themselves: the product as set-up built it, where that is as new as its sources (`npm test`
 * sees to it), else the part that is asked for, built from what it is now and kept until a source changes.
 */

const root = join(import.meta.dirname, '..')
// Inside the project, so that its packages are found.
const cache = join(root, 'node_modules/.cache/test-built')

/** Programs of threads and processes, and what they are called in `out/main`. */
const PROGRAMS = {
  'src-main/training/worker.ts': 'worker',
  'src-main/answer.ts': 'answer',
} as const

/** The folder of the renderer. */
export async function builtRenderer(): Promise<string> {
  if (isBuilt()) return join(root, 'out/renderer')
  return keptBuild('renderer', {
    root: join(root, 'src-renderer'),
    base: './',
    plugins: [vue()],
    build: { reportCompressedSize: false },
  })
}

/** The file of one of the product's programs. */
export async function builtProgram(source: keyof typeof PROGRAMS): Promise<string> {
  const name = PROGRAMS[source]
  return isBuilt() ? join(root, `out/main/${name}.js`) : programOf(source, name)
}

export const builtWorker = (): Promise<string> => builtProgram('src-main/training/worker.ts')

/** The file of a program that only tests have. */
export const builtTestProgram = (source: `test/${string}.ts`): Promise<string> =>
  programOf(source, source.replaceAll(/[/.]/g, '-'))

async function programOf(source: string, name: string): Promise<string> {
  const folder = await keptBuild(name, {
    root,
    build: {
      ssr: join(root, source),
      target: 'node20',
      rollupOptions: { output: { format: 'es', entryFileNames: 'program.mjs' } },
    },
  })
  return join(folder, 'program.mjs')
}

async function keptBuild(name: string, config: InlineConfig): Promise<string> {
  const rooms = ['src-renderer', 'src-main', ...(name.startsWith('test-') ? ['test'] : [])]
  const newest = Math.max(...rooms.map((room) => newestBelow(join(root, room))))
  const kept = join(cache, `${name}-${Math.round(newest)}`)
  if (existsSync(kept)) return kept
  mkdirSync(cache, { recursive: true })
  const outDir = mkdtempSync(join(cache, 'draft-'))
  await build({
    ...config,
    configFile: false,
    logLevel: 'error',
    build: { ...config.build, outDir, emptyOutDir: false, minify: false },
  })
  // Another test file may have been as quick; its build is the same.
  if (existsSync(kept)) rmSync(outDir, { recursive: true })
  else renameSync(outDir, kept)
  return kept
}

function newestBelow(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return Math.max(...files.map((file) => statSync(join(folder, file)).mtimeMs))
}
