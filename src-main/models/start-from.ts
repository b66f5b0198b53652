import { InputError, InputErrors } from '../errors'
import type { SafetensorsFile } from '../tensor-files/safetensors'
import { isFloating } from '../tensor-files/safetensors-header'
import type { ParameterSpec, TrunkFamily } from './trunk'

/**
 * Where `start_from` holds each parameter's first value. Names may carry the family's prefix, as in files of models
 * with a head.
 *
 * @returns the file's name of each parameter that it holds
 * @throws InputErrors naming every tensor that does not fit.
 */
export function matchStartFrom(
  file: SafetensorsFile,
  specs: readonly ParameterSpec[],
  { prefix, parameterName }: TrunkFamily,
): Map<string, string> {
  const known = new Map(specs.map((spec) => [spec.name, spec]))
  const given = new Map<string, string>()
  const problems: InputError[] = []
  for (const [name, entry] of file.tensors) {
    const place = { file: file.path, field: name }
    const own = known.has(name)
      ? name
      : parameterName(name.startsWith(prefix) ? name.slice(prefix.length) : name)
    const spec = known.get(own)
    if (spec === undefined) problems.push(new InputError('the network has no such parameter', place))
    else if (given.has(own)) problems.push(new InputError('is given twice', place))
    else if (entry.shape.join() !== spec.shape.join())
      problems.push(
        new InputError(`found shape [${entry.shape.join(', ')}], expected [${spec.shape.join(', ')}]`, place),
      )
    else if (!isFloating(entry.dtype))
      problems.push(new InputError(`found type ${entry.dtype}, expected F64, F32, F16 or BF16`, place))
    given.set(own, name)
  }
  if (problems.length > 0) throw new InputErrors(problems)
  return given
}
