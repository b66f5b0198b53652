import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import { openBitMemory, openBitXor } from './bits'
import { openCifar10, openCifar10Lra } from './cifar10'
import { openListops } from './listops'
import { openIdxImages, openMnist } from './mnist'
import { openRemoteHomology } from './remote-homology'
import type { Task } from './task'
import { openTensors } from './tensors'

const OPENERS: Readonly<Record<string, (source: TaskSource) => Promise<Task>>> = {
  'bit-memory': openBitMemory,
  'bit-xor': openBitXor,
  mnist: openMnist,
  cifar10: openCifar10,
  'cifar10-lra': openCifar10Lra,
  listops: openListops,
  'remote-homology': openRemoteHomology,
  'idx-images': openIdxImages,
  tensors: openTensors,
}

/** Opens a task's data. Every fault of a file or option is an `InputError`. */
export async function openTask(source: TaskSource): Promise<Task> {
  const open = Object.hasOwn(OPENERS, source.kind) ? OPENERS[source.kind] : undefined
  if (open !== undefined) return open(source)
  throw new InputError(`no task '${source.kind}', expected one of ${Object.keys(OPENERS).join(', ')}`, {
    field: 'task',
  })
}
