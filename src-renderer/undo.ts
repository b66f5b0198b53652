import { useMessage } from 'naive-ui'
import { computed, h, shallowRef } from 'vue'
import type { ComputedRef } from 'vue'
import { faultOf } from './api'
import UndoToast from './components/UndoToast.vue'

/** Something destructive that was done and can be taken back. */
export interface UndoableAct {
  /** What was done, as a sentence without its full stop: "The study tiny was deleted". */
  readonly said: string
  /** Takes it back; what it throws is told. */
  readonly undo: () => unknown
}

const SHOWN_MS = 10_000
const KEPT = 20

interface Entry extends UndoableAct {
  readonly takeBack: () => Promise<void>
}
const entries = shallowRef<readonly Entry[]>([])

/** The act that Ctrl+Z takes back, or null. */
export const lastAct: ComputedRef<UndoableAct | null> = computed(() => entries.value.at(-1) ?? null)

/** Takes back the last act of this page that was not yet. */
export async function undoLast(): Promise<void> {
  await entries.value.at(-1)?.takeBack()
}

/**
 * Returns the function that tells of an act that was done: a toast offers to undo it for some seconds, and Ctrl+Z does as
 * long as the page lives. Call it in a component's setup; it may be used after the component has gone.
 */
export function useUndo(): (act: UndoableAct) => void {
  const message = useMessage()
  return (act) => {
    const toast = message.create('', {
      type: 'default',
      duration: SHOWN_MS,
      keepAliveOnHover: true,
      render: () => h(UndoToast, { said: act.said, onUndo: takeBack, onClose: () => toast.destroy() }),
    })
    const takeBack = async (): Promise<void> => {
      if (!entries.value.includes(entry)) return
      entries.value = entries.value.filter((each) => each !== entry)
      toast.destroy()
      try {
        await act.undo()
        message.success('Taken back')
      } catch (error) {
        message.error(`Not taken back: ${faultOf(error).what}`)
      }
    }
    const entry: Entry = { ...act, takeBack }
    entries.value = [...entries.value, entry].slice(-KEPT)
  }
}
