/**
 * JSON text of objects, written once for each object. Runs that come from one store share the parts of their
 * configuration, so that ten thousand runs have a few dozen of them.
 */
export function rememberText(): (part: object) => string {
  const texts = new WeakMap<object, string>()
  return (part) => {
    let text = texts.get(part)
    if (text === undefined) texts.set(part, (text = JSON.stringify(part)))
    return text
  }
}
