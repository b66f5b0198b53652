import { z } from 'zod'
import { InputError, InputErrors } from '../errors'
import type { TransformerArchitecture } from './transformer'

/** Fields that several families' config.json files share. */

/** A width, a count: a whole number above 0, small enough that its products stay exact. */
export const size = z.int().min(1).max(1_000_000)

const ACTIVATIONS: Readonly<Record<string, TransformerArchitecture['activation']>> = {
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
}

export const activationSchema = z
  .enum(Object.keys(ACTIVATIONS) as [string, ...string[]])
  .transform((name) => ACTIVATIONS[name] ?? 'gelu')

/** The name that Hugging Face has for it. */
export const ACTIVATION_NAMES: Readonly<Record<TransformerArchitecture['activation'], string>> = {
  gelu: 'gelu',
  'gelu-tanh': 'gelu_new',
}

/** @throws InputErrors naming each wrong field of the file. */
export function parseConfig<T>(schema: z.ZodType<T>, config: unknown, file: string): T {
  const result = schema.safeParse(config)
  if (result.success) return result.data
  throw new InputErrors(
    result.error.issues.map(({ path, message }) => new InputError(message, { file, field: path.join('.') })),
  )
}
