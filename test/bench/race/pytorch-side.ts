import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installation } from '../../../src-main/installation'
import { mnistFiles } from '../../../src-main/library/task-data'
import type { SideResult } from './fairsweep-side'
import { BATCH, type Row } from './rows'

export interface PyTorchOptions {
  /** Of a virtual environment with torch and transformers; made there when it is not. */
  readonly venv: string
  readonly compile: boolean
}

/** Trains a row in PyTorch as FPT's code does, one run after the other in one process, on the same images. */
export async function racePyTorch(row: Row, { venv, compile }: PyTorchOptions): Promise<SideResult> {
  const { patch, model, settings, learningRates, seeds, steps, examples } = row
  const job = {
    files: await mnistFiles(installation.root),
    model: model === 'minilm-l6' ? join(installation.models, model) : model,
    batch: BATCH,
    examples,
    patch,
    settings,
    learningRates,
    seeds,
    steps,
    compile,
  }
  const script = join(installation.root, 'test/bench/race/pytorch_side.py')
  const output = execFileSync(pythonOf(venv), [script, JSON.stringify(job)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    // PyTorch's threads wait by spinning otherwise, which on a shared core costs it many times more than it gains.
    env: { ...process.env, OMP_WAIT_POLICY: 'passive', HF_HUB_OFFLINE: '1', TRANSFORMERS_VERBOSITY: 'error' },
    maxBuffer: 2 ** 26,
  })
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as SideResult
}

export const pyTorchVersion = (venv: string): string =>
  execFileSync(pythonOf(venv), ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' }).trim()

/** Makes the environment where it is missing: a large download, once. */
function pythonOf(venv: string): string {
  const python = join(venv, 'bin/python')
  if (!existsSync(python)) {
    mkdirSync(dirname(venv), { recursive: true })
    execFileSync('python3', ['-m', 'venv', venv], { stdio: 'inherit' })
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'torch', 'transformers', 'numpy'], {
      stdio: 'inherit',
    })
  }
  return python
}
