import { readdir } from 'node:fs/promises'
import { cifarFiles, isCifarFolder, refusePickles } from './cifar-files'
import { idxFiles } from './task-data'

/** The data sets that can be added: in MNIST's format, or CIFAR-10's binary version. */
export type DataFormat = 'idx-images' | 'cifar10'

/**
 * What data a folder holds, and its files, absolute.
 * @throws {InputError} where it is none that is known, or not all of it
 */
export async function dataIn(folder: string): Promise<{ format: DataFormat; paths: string[] }> {
  refusePickles(await readdir(folder).catch(() => []), folder)
  if (await isCifarFolder(folder))
    return { format: 'cifar10', paths: Object.values(await cifarFiles(folder)) }
  return { format: 'idx-images', paths: Object.values(await idxFiles(folder)) }
}
