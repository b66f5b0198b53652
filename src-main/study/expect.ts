import { z } from 'zod'

/**
 * The values a study file is made of. Each carries, as its error, the phrase that completes "found …, expected …";
 * `problems.ts` puts the sentences together.
 */

/** A whole number; 1e5 and 100_000 in YAML are both typed by the YAML core schema, so `1e5` is one. */
export const whole = (min: number, max: number) => {
  const error = `a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

/** A finite number in [min, max], or [min, max) with `below`. */
export const real = (min: number, max: number, { below = false } = {}) => {
  const error = `a number from ${min} ${below ? 'to below' : 'to'} ${max}`
  const number = z.number({ error }).min(min, { error })
  return below ? number.lt(max, { error }) : number.max(max, { error })
}

export const flag = () => z.boolean({ error: 'true or false' })

export const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.enum(words, { error: words.length === 1 ? quote(words[0]) : `one of ${words.join(', ')}` })

/** `all`, or the size of a fixed subset. */
export const amount = () => {
  const error = 'all, or a whole number from 1 to 1000000000'
  return z.union(
    [z.literal('all', { error }), z.int({ error }).min(1, { error }).max(1_000_000_000, { error })],
    {
      error,
    },
  )
}

/**
 * A name for tables and exports, compared and stored in Unicode's composed form. Letters, digits, spaces and common
 * signs of any script; nothing invisible, nothing that turns text around, nothing that means something in a path.
 */
export const label = () => {
  const error =
    'a name of 1 to 100 visible characters, without / \\ : * ? " < > | and not starting or ending in a space or dot'
  return z
    .string({ error })
    .refine((text) => isLabel(text.normalize('NFC')), { error })
    .overwrite((text) => text.normalize('NFC'))
}

const isLabel = (text: string): boolean =>
  /^(?![\s.])[^\p{C}\p{Zl}\p{Zp}/\\:*?"<>|]{1,100}(?<![\s.])$/u.test(text)

/** A path; relative ones start at the study file's folder. */
export const path = () => {
  const error = 'a path'
  return z
    .string({ error })
    .min(1, { error })
    .max(4096, { error: 'a path of at most 4096 characters' })
    .refine((text) => !/\p{Cc}|\p{Cs}/u.test(text), { error: 'a path without control characters' })
}

/** A mapping that refuses unknown keys. Its error for those is the list of known keys, for `problems.ts` to choose from. */
export const strict = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? Object.keys(shape).join(' ')
        : `a mapping with ${Object.keys(shape).join(', ')}`,
  })

/** A list with at least one entry. */
export const list = <Item extends z.ZodType>(item: Item, what: string) =>
  z.array(item, { error: what }).min(1, { error: `${what}, not an empty one` })

/** Adds what the manual and the editor show: one sentence, and the default where the file may leave the key out. */
export const says = <Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  fallback?: unknown,
): Schema => schema.meta(fallback === undefined ? { description } : { description, default: fallback })

const quote = (word: string): string => `"${word}"`
