import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { InputError } from '../errors'
import { strict } from '../study/expect'
import { TASK_KINDS } from '../study/kinds'
import { problemsOf } from '../study/problems'
import { listopsExamples } from '../tasks/listops'
import { LISTOPS_FILES, writeListopsFile } from '../tasks/listops-files'
import { syncFolder } from '../tensor-files/on-disk'

/** The options of drawing; how sequences are then read is no matter of the files. */
const { min_length, max_length, max_depth, max_args, data_seed } = TASK_KINDS.listops
const { train_examples, validation_examples, test_examples } = TASK_KINDS.listops
const drawing = strict({
  ...{ min_length, max_length, max_depth, max_args },
  ...{ train_examples, validation_examples, test_examples, data_seed },
})

/** How far the writing is, in examples. */
export interface Written {
  readonly what: string
  readonly done: number
  readonly of: number
}

/**
 * Writes the sequences that a ListOps task draws as LRA's three files into a new folder, whole or not at all. Whoever
 * stops listening ends it.
 * @param given options as a study file has them; each that is left out has its default there
 * @throws {InputError} where an option is wrong, or there is something in the folder
 */
export async function* writeListops(
  given: Readonly<Record<string, unknown>>,
  out: string,
): AsyncGenerator<Written> {
  const read = drawing.safeParse(given)
  const [problem] = read.success ? [] : problemsOf(read.error, given)
  if (!read.success) throw new InputError(problem?.problem ?? '', { field: problem?.path.join('.') })
  const target = resolve(out)
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new InputError('is not empty, expected a new folder', { file: target })
  const { counts, of: examplesOf } = listopsExamples(read.data)
  const of = counts.train + counts.val + counts.test
  await mkdir(dirname(target), { recursive: true })
  const folder = join(dirname(target), `.${basename(target)}.${process.pid}.unfinished`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
  try {
    let before = 0
    for (const split of ['train', 'val', 'test'] as const) {
      for await (const written of writeListopsFile(folder, split, examplesOf(split)))
        yield { what: LISTOPS_FILES[split], done: before + written, of }
      before += counts[split]
    }
    await syncFolder(folder)
    await rename(folder, target)
    await syncFolder(dirname(target))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
