import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'
import { resolve } from 'node:path'

const here = import.meta.dirname
const main = (file: string): string => resolve(here, 'src-main', file)

/**
 * What comes out of `electron-vite build`: the desktop entry, the command line and the programs of worker threads
 * (out/main), the preload bridge (out/preload) and the renderer (out/renderer). What is in out/main shares chunks and runs
 * under Electron or plain Node alike. Libraries that package.json calls dependencies stay outside; development dependencies
 * become part of it, as those do that are hundreds of small files: loaded one by one they took a tenth of a second of every start.
 */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      externalizeDeps: true,
      rollupOptions: {
        input: {
          electron: main('electron.ts'),
          cli: main('cli.ts'),
          worker: main('training/worker.ts'),
          examine: main('engine/examine-program.ts'),
          answer: main('answer.ts'),
          'export-weights': main('weights/export-program.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      rollupOptions: {
        input: { preload: main('preload.ts') },
        // A sandboxed preload may not be an ES module.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(here, 'src-renderer'),
    base: './',
    plugins: [vue()],
    build: {
      outDir: resolve(here, 'out/renderer'),
      emptyOutDir: true,
      minify: true,
      rollupOptions: {
        input: resolve(here, 'src-renderer/index.html'),
        output: {
          codeSplitting: {
            groups: [
              { name: 'vue', test: /node_modules\/(@vue|vue)\//, priority: 1 },
              // One file of icons, not one for each that two places share: a place would ask for twenty of them.
              { name: 'icons', test: /node_modules\/@lucide\// },
            ],
          },
        },
      },
    },
  },
})
