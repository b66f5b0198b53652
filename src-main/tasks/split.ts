import { InputError } from '../errors'
import type { TestOptions, ValidationOptions } from '../run'
import { permutation } from './permutation'
import { Selected } from './selected'
import type { Split, Task } from './task'

/** What a run trains on, chooses by and is judged on. The three never share an example. */
export interface Splits {
  readonly train: Split
  /** Null: nothing is set apart, so nothing can be selected. */
  readonly validation: Split | null
  readonly test: Split
}

/**
 * Sets validation apart from train (unless the task brings its own) and draws the fixed subsets that the protocol
 * asks for. All of it follows from `validation.seed` and the sizes alone: one split for all runs of a study.
 */
export function splitTask(task: Task, validation: ValidationOptions, test: TestOptions): Splits {
  const { train, held } =
    task.validation === null ? carve(task.train, validation) : { train: task.train, held: task.validation }
  return {
    train: task.augment?.(train) ?? train,
    validation: held && subset(held, validation.examples, validation.seed, 'validation'),
    test: subset(task.test, test.examples, validation.seed, 'test'),
  }
}

function carve(all: Split, { fraction, seed }: ValidationOptions): { train: Split; held: Split | null } {
  if (fraction === 0) return { train: all, held: null }
  const count = Math.round(all.size * fraction)
  if (count === 0 || count === all.size) {
    throw new InputError(
      `${fraction} of ${all.size} training examples leaves ${count} for validation and ${all.size - count} to train on`,
      { field: 'validation.fraction' },
    )
  }
  const order = permutation(all.size, 'validation split', seed)
  // Both parts keep the order of the file: `shuffle: false` means just that.
  return {
    train: new Selected(all, order.slice(count).sort()),
    held: new Selected(all, order.slice(0, count).sort()),
  }
}

function subset(split: Split, examples: number | 'all', seed: number, name: 'validation' | 'test'): Split {
  if (examples === 'all' || examples === split.size) return split
  if (examples > split.size) {
    throw new InputError(`${examples}, but the ${name} split has ${split.size} examples`, {
      field: `${name}.examples`,
    })
  }
  return new Selected(split, permutation(split.size, `${name} examples`, seed).slice(0, examples).sort())
}
