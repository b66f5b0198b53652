import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { installation } from '../installation'

/** Where TensorFlow's compiled parts are once set-up has brought them. */
export function bindingFiles(): {
  readonly binding: string
  readonly library: string
  readonly quiet: string
} {
  const find = createRequire(import.meta.url)
  const folder = dirname(find.resolve('@tensorflow/tfjs-node-gpu/package.json'))
  return {
    binding: join(folder, 'lib/napi-v8/tfjs_binding.node'),
    library: join(
      installation.isPacked ? installation.packedTensorFlow : join(folder, 'deps/lib'),
      'libtensorflow_cc.so.2',
    ),
    quiet: join(folder, 'lib/napi-v8/quiet.node'),
  }
}

/** The files that TensorFlow needs and set-up has not brought to this installation. Looks at them, loads nothing. */
export function absentFiles(): string[] {
  const { binding, library } = bindingFiles()
  return [library, binding].filter((file) => !existsSync(file))
}
