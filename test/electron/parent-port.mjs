/** Gives a forked process the `parentPort` that Electron gives its utility processes, and takes Node's own line away. */
const send = process.send.bind(process)
process.send = undefined
process.parentPort = {
  /** @param {unknown} message */
  postMessage: (message) => send(message),
  /** @param {'message'} event @param {(message: { data: unknown, ports: [] }) => void} listen */
  on: (event, listen) => process.on(event, (data) => listen({ data, ports: [] })),
}
