import { Notification } from 'electron'
import { noticeOf } from '../queue/notice'
import type { Workbench } from '../workbench'

/** Those on the screen: one that nobody holds may be forgotten before it is clicked. */
const onScreen = new Set<Notification>()

/** Tells on the desktop when a study ends or needs somebody, unless the window is being looked at. */
export function notifyOfEnds(workbench: Workbench, isLookedAt: () => boolean, show: () => void): () => void {
  return workbench.subscribe((event) => {
    const notice = noticeOf(event)
    if (notice === null || isLookedAt() || !Notification.isSupported()) return
    const shown = new Notification(notice)
    onScreen.add(shown)
    shown.on('click', show)
    shown.on('close', () => onScreen.delete(shown))
    shown.show()
  })
}
