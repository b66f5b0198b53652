import type { WorkbenchHappening } from './events'

/** What is told outside the window. */
export interface Notice {
  readonly title: string
  readonly body: string
}

/** What of an event is worth a notification, as the desktop and a browser both say it; null: nothing. */
export function noticeOf(event: WorkbenchHappening): Notice | null {
  if (event.type === 'log' && event.level === 'error') {
    return { title: 'Fairsweep needs you', body: event.message }
  }
  if (event.type !== 'study-changed') return null
  if (event.state === 'complete') {
    return { title: `${event.study} is complete`, body: 'Every planned run has a result: compare them.' }
  }
  if (event.state === 'incomplete') {
    const body = 'Some runs failed or were cancelled; they can be run again.'
    return { title: `${event.study} has ended`, body }
  }
  return null
}
