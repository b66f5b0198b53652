import { InputError, NotYetError } from '../errors'
import type { TaskSource } from '../study/study'
import { openIdxImages, openMnist } from './mnist'
import type { Task } from './task'

const OPENERS: Readonly<Record<string, (source: TaskSource) => Promise<Task>>> = {
  mnist: openMnist,
  'idx-images': openIdxImages,
}

/** Kinds that the study file knows by name and that are still to come. */
const PROMISED = ['bit-memory', 'bit-xor', 'listops', 'cifar10', 'cifar10-lra', 'remote-homology', 'tensors']

/** Opens a task's data. Every fault of a file or option is an `InputError`. */
export async function openTask(source: TaskSource): Promise<Task> {
  const open = Object.hasOwn(OPENERS, source.kind) ? OPENERS[source.kind] : undefined
  if (open !== undefined) return open(source)
  if (PROMISED.includes(source.kind)) throw new NotYetError(`task '${source.kind}'`, { field: 'task' })
  throw new InputError(`no task '${source.kind}', expected one of ${Object.keys(OPENERS).join(', ')}`, {
    field: 'task',
  })
}
