import { Notification } from 'electron'
import { noticeOf } from '../queue/notice'
import type { Workbench } from '../workbench'

/** Tells on the desktop when a study ends or needs somebody, unless the window is being looked at. */
export function notifyOfEnds(workbench: Workbench, isLookedAt: () => boolean, show: () => void): () => void {
  return workbench.subscribe((event) => {
    const notice = noticeOf(event)
    if (notice === null || isLookedAt() || !Notification.isSupported()) return
    const shown = new Notification(notice)
    shown.on('click', show)
    shown.show()
  })
}
