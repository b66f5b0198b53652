import type { Tensor } from '@tensorflow/tfjs'
import { currentEngine, nodeBackend } from '../backend'
import type { NodeBackend } from '../node-backend'

/** tfjs-node's backend, for tracing and sessions. @throws Error on any other engine. */
export function symbolicBackend(): NodeBackend {
  const { name } = currentEngine()
  if (name !== 'tensorflow') throw new Error(`steps are compiled by TensorFlow; this is the ${name} engine`)
  return nodeBackend()
}

/** tfjs's mark for a tensor that has no handle in TensorFlow (yet). */
export const NO_HANDLE = -1

/** Does the tensor stand for an output of a graph, so that it has no values? TensorFlow's engine only. */
export function isTraced({ dataId }: Tensor): boolean {
  const { id, values } = nodeBackend().tensorMap.get(dataId)
  return id === NO_HANDLE && values === null
}
