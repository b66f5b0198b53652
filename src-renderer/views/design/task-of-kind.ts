import { valueAt } from './study-schema'

/** Kinds of one's own data: where it lies must be said, and is changed in the form. */
const PLACES: Readonly<Partial<Record<string, object>>> = {
  'idx-images': { dir: '.' },
  tensors: { path: 'data.safetensors' },
}
const CUT_IN_PATCHES: readonly unknown[] = ['mnist', 'cifar10', 'idx-images']

/** What a study file says of a task when its kind is chosen: of what stood there, images keep their patch. */
export function taskOfKind(kind: string, before: unknown): object {
  const patch = valueAt(before, 'patch')
  const areImages = [kind, valueAt(before, 'kind')].every((each) => CUT_IN_PATCHES.includes(each))
  return { kind, ...PLACES[kind], ...(areImages && typeof patch === 'number' && { patch }) }
}
