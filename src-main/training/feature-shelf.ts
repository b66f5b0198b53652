import { KeptFiles } from '../tensor-files/kept-files'
import { encodeSafetensors, openSafetensors } from '../tensor-files/safetensors'

/** Features of one split, row by row. */
export interface FeatureTable {
  readonly examples: number
  /** Numbers of one example. */
  readonly width: number
  readonly values: Float32Array<ArrayBuffer>
}

/** All files together; the longest unused make room. */
export const MOST_FEATURE_BYTES = 4 * 2 ** 30

const TENSOR = 'features'

/** Features of frozen trunks on disk: what is missing or damaged is computed again. */
export class FeatureShelf {
  private readonly files: KeptFiles

  constructor(
    folder: string,
    private readonly mostBytes = MOST_FEATURE_BYTES,
  ) {
    this.files = new KeptFiles(folder, '.safetensors', { bytes: mostBytes })
  }

  /** Null: there are none. A file that is not whole is removed, and `warn` hears of it. */
  read(key: string, warn: (message: string) => void): Promise<FeatureTable | null> {
    return this.files.find(key, tableIn, (name, why) => warn(`features ${name} are computed anew: ${why}`))
  }

  /** Puts features on disk, whole or not at all. Those that were unused for longest make room for them. */
  async write(key: string, { examples, width, values }: FeatureTable): Promise<void> {
    if (values.byteLength > this.mostBytes) return
    await this.files.write(key, encodeSafetensors([{ name: TENSOR, shape: [examples, width], data: values }]))
  }
}

async function tableIn(path: string): Promise<FeatureTable> {
  const file = await openSafetensors(path)
  const [examples = 0, width = 0] = file.tensors.get(TENSOR)?.shape ?? []
  return { examples, width, values: await file.readFloats(TENSOR) }
}
