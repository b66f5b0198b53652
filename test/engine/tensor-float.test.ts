import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { allowTensorFloat32, currentEngine, loadEngine } from '../../src-main/engine'
import { bindingFiles } from '../../src-main/engine/binding'

beforeAll(async () => {
  await loadEngine('tensorflow')
})

const addon = createRequire(import.meta.url)(bindingFiles().quiet) as {
  tensorFloat32: (on?: boolean) => boolean | undefined
}

describe('TF32', () => {
  it('is off once TensorFlow is loaded, though TensorFlow itself would have it on', () => {
    expect(addon.tensorFloat32()).toBe(false)
  })

  it("is TensorFlow's own switch, which holds until it is turned again", () => {
    expect(addon.tensorFloat32(true)).toBe(true)
    expect(addon.tensorFloat32()).toBe(true)
    expect(addon.tensorFloat32(false)).toBe(false)
  })

  it('is refused where there is no NVIDIA GPU, and keeping it off is not', () => {
    if (currentEngine().device.startsWith('GPU')) return
    expect(() => allowTensorFloat32(true)).toThrow('tf32 is a number format of NVIDIA GPUs')
    expect(() => allowTensorFloat32(false)).not.toThrow()
  })
})
