import { InputError } from '../errors'

/**
 * JSON as Python writes it: NaN, Infinity and -Infinity stand bare. They become the strings "NaN", "Infinity" and
 * "-Infinity"; everything else is plain JSON.
 * @throws {InputError} where it is not
 */
export function parsePythonJson(
  text: string,
  place: { readonly file: string; readonly line?: number },
): unknown {
  try {
    return JSON.parse(quoteBareWords(text))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(`is not JSON (${reason.slice(0, 200)})`, place)
  }
}

/** A string, or one of the words outside of strings. */
const WORDS = /"(?:[^"\\]|\\.)*"|-?Infinity\b|\bNaN\b/gs

const quoteBareWords = (text: string): string =>
  /NaN|Infinity/.test(text)
    ? text.replace(WORDS, (found) => (found.startsWith('"') ? found : `"${found}"`))
    : text
