import { ref, watch } from 'vue'
import type { Ref } from 'vue'
import type { StreamEvent } from '../src-main/api/events'
import { onEvent } from './live'

/**
 * Tells outside the page when a study ends or needs somebody, where the user wants that and the browser allows it. In
 * the desktop window the program does it itself (electron/notices.ts).
 */
const KEPT_AS = 'fairsweep.notifications'
export const isPossible = 'Notification' in window && window.fairsweep === undefined
export const isWanted: Ref<boolean> = ref(localStorage.getItem(KEPT_AS) === 'yes')
watch(isWanted, (wanted) => localStorage.setItem(KEPT_AS, wanted ? 'yes' : 'no'))

/** Asks the browser; false where the user or the browser says no. */
export async function wantNotifications(wanted: boolean): Promise<boolean> {
  const allowed = !wanted || (await Notification.requestPermission()) === 'granted'
  isWanted.value = wanted && allowed
  return allowed
}

/** What of an event is worth a notification; null: nothing. */
export function noticeOf(event: StreamEvent): { readonly title: string; readonly body: string } | null {
  if (event.type === 'log' && event.level === 'error') {
    return { title: 'Fairsweep needs you', body: event.message }
  }
  if (event.type !== 'study-changed') return null
  if (event.state === 'complete') {
    return { title: `${event.study} is complete`, body: 'Every planned run has a result: compare them.' }
  }
  if (event.state === 'incomplete') {
    return {
      title: `${event.study} has ended`,
      body: 'Some runs failed or were cancelled; they can be run again.',
    }
  }
  return null
}

/** Call it once, in a component that lives as long as the page. */
export function notifyOfEnds(): void {
  onEvent((event) => {
    const isLookedAt = document.visibilityState === 'visible' && document.hasFocus()
    if (!isPossible || !isWanted.value || isLookedAt || Notification.permission !== 'granted') return
    const notice = noticeOf(event)
    if (notice !== null) new Notification(notice.title, { body: notice.body, tag: notice.title })
  })
}
