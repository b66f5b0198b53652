/** What Python programs write with `torch.save` or `pickle.dump`. */
const PICKLES = /\.(bin|pt|pth|ckpt|pkl)$/
/** Weights as TensorFlow and Flax write them. */
const OTHERS = /\.(h5|msgpack)$/
/** Pickles that hold no weights stand beside them: `training_args.bin`, `optimizer.pt`. */
const WEIGHTS = /model|consolidated|weights/

/**
 * What to say of a model whose weights are in no safetensors file: what there is instead, why it is not read, and how it
 * is converted.
 * @param names of the files that there are
 * @param source the model as `from_pretrained` takes it: a folder, or a name on the hub
 * @returns null where there is nothing instead
 */
export function otherWeights(names: readonly string[], source: string): string | null {
  const found = names.filter((name) => PICKLES.test(name) || OTHERS.test(name))
  const name = found.find((each) => WEIGHTS.test(each)) ?? found[0]
  if (name === undefined) return null
  const why = PICKLES.test(name) ? ': a pickle can run code and is not read' : ', which alone is read'
  return `${name} and no model.safetensors${why}. In Python, AutoModel.from_pretrained("${source}").save_pretrained("DIR") converts it, then: models add DIR`
}
