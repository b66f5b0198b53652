import { setTimeout as sleep } from 'node:timers/promises'
import type { RunProgress, StudyStatus, Workbench, WorkbenchEvent } from '../workbench'
import { onInterrupt } from './interrupt'
import { showProgress } from './progress-display'
import type { Asking } from './reach'
import type { Terminal } from './terminal'

/** How often the owner is asked how a study is; its events say so sooner. */
const ASK_EVERY_MS = 1_000

export interface Followed {
  /** How it ended: the study needs nobody any more, the owner did not live to see that, or Ctrl+C. */
  readonly end: 'over' | 'owner-gone' | 'interrupted'
  readonly state: StudyStatus['state']
}

/**
 * Has the owner of the workspace train a study, and shows its progress from the owner's events.
 * @param reader the same workspace, opened for looking on
 * @param onTrained is told of each run that is trained meanwhile
 */
export async function followStudy(
  { client, who, ...owner }: Asking,
  reader: Workbench,
  study: { readonly name: string; start(): Promise<unknown> },
  terminal: Terminal,
  onTrained: (run: string) => void,
): Promise<Followed> {
  const { name } = study
  const listeners = new Set<(event: WorkbenchEvent) => void>()
  let running: readonly RunProgress[] = []
  let status = statusIn(reader.status(), name)
  const interruption = new AbortController()
  let wake = (): void => undefined
  const stream = client.events.stream.subscribe(
    {},
    {
      onData: ({ data }) => {
        if (data.type === 'reset') return
        if (data.type === 'progress') running = data.running
        if (data.type === 'run-changed' && data.state === 'running' && data.studies.includes(name)) {
          onTrained(data.run)
        }
        if (data.type === 'study-changed' && data.study === name) wake()
        for (const listener of listeners) listener(data)
      },
      // A cut stream goes on by itself; that its owner has gone is seen below.
      onError: () => undefined,
    },
  )
  const hideProgress = showProgress(
    {
      store: reader.store,
      status: () => [status],
      progress: () => [...running],
      subscribe: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    name,
    terminal,
  )
  const interrupted = onInterrupt(() => {
    interruption.abort()
    wake()
    return Promise.resolve()
  })
  try {
    await study.start()
    terminal.note(`${name} is trained by ${who}; Ctrl+C leaves it at work`)
    for (;;) {
      const studies = await client.studies.list.query().catch(() => null)
      if (studies !== null) status = statusIn(studies, name)
      if (interruption.signal.aborted) return { end: 'interrupted', state: status.state }
      if (studies !== null && !isAtWork(status)) return { end: 'over', state: status.state }
      if (owner.isGone()) return { end: 'owner-gone', state: status.state }
      await Promise.race([sleep(ASK_EVERY_MS), new Promise<void>((resolve) => (wake = resolve))])
    }
  } finally {
    interrupted.stopListening()
    hideProgress()
    stream.unsubscribe()
  }
}

const isAtWork = ({ state }: StudyStatus): boolean => state === 'running' || state === 'waiting'

const UNKNOWN = { state: 'waiting', runs: {}, planned: 0, secondsLeft: null } as const

const statusIn = (studies: readonly StudyStatus[], name: string): StudyStatus =>
  studies.find((study) => study.name === name) ?? { name, ...UNKNOWN }
