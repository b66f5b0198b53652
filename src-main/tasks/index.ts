import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import { openBitMemory, openBitXor } from './bits'
import { openCifar10, openCifar10Lra } from './cifar10'
import { openListops } from './listops'
import { openIdxImages, openMnist } from './mnist'
import { openRemoteHomology } from './remote-homology'
import { UnpackedFiles } from '../tensor-files/unpacked-files'
import type { Task } from './task'
import { openTensors } from './tensors'

const OPENERS: Readonly<Record<string, (source: TaskSource, unpacked: UnpackedFiles) => Promise<Task>>> = {
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

/**
 * Opens a task's data. Every fault of a file or option is an `InputError`.
 * @param unpackTo folder for what files unpack to, absolute; null: that is held in memory, and must be small
 */
export async function openTask(source: TaskSource, unpackTo: string | null = null): Promise<Task> {
  const open = Object.hasOwn(OPENERS, source.kind) ? OPENERS[source.kind] : undefined
  if (open !== undefined) {
    const unpacked = new UnpackedFiles(unpackTo)
    const task = await open(source, unpacked)
    return { ...task, notes: [...(task.notes ?? []), ...unpacked.remarks] }
  }
  throw new InputError(`no task '${source.kind}', expected one of ${Object.keys(OPENERS).join(', ')}`, {
    field: 'task',
  })
}
