import { currentEngine, nodeBackend } from '../backend'
import type { NodeBackend } from '../node-backend'

/** tfjs-node's backend, for tracing and sessions. @throws Error on any other engine. */
export function symbolicBackend(): NodeBackend {
  const { name } = currentEngine()
  if (name !== 'tensorflow') throw new Error(`steps are compiled by TensorFlow; this is the ${name} engine`)
  return nodeBackend()
}
