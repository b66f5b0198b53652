import { ref, watch } from 'vue'
import type { Ref } from 'vue'
import { noticeOf } from '../src-main/queue/notice'
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

/** Call it once, in a component that lives as long as the page. */
export function notifyOfEnds(): void {
  onEvent((event) => {
    const isLookedAt = document.visibilityState === 'visible' && document.hasFocus()
    if (!isPossible || !isWanted.value || isLookedAt || Notification.permission !== 'granted') return
    const notice = event.type === 'reset' ? null : noticeOf(event)
    if (notice !== null) new Notification(notice.title, { body: notice.body, tag: notice.title })
  })
}
