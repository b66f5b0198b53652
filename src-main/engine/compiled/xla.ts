import type { GraphNode } from './graph-def'

const STATE = /^(VarHandleOp|ReadVariableOp|Assign\w*VariableOp|ResourceApply\w+|Placeholder)$/
const RANDOM = /^StatelessRandom/

/** Marks the arithmetic of the given entries for XLA: all but state, random draws and what feeds those. */
export function markForXla(nodes: readonly GraphNode[], entries: ReadonlySet<string>): GraphNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const outside = new Set<string>()
  const leaveOut = (name: string): void => {
    if (outside.has(name)) return
    outside.add(name)
    for (const input of byName.get(name)?.inputs ?? []) leaveOut(nodeOf(input))
  }
  for (const node of nodes) if (RANDOM.test(node.op)) leaveOut(node.name)
  return nodes.map((node) => {
    const [entry = ''] = node.name.split('/')
    if (!entries.has(entry) || STATE.test(node.op) || outside.has(node.name) || node.name.includes('/out/'))
      return node
    const mark = { _XlaCompile: { b: true }, _XlaScope: { s: entry } }
    return { ...node, attributes: { ...node.attributes, ...mark } }
  })
}

export const nodeOf = (input: string): string => input.replace(/^\^/, '').replace(/:\d+$/, '')
