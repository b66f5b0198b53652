import { useMutation } from '@tanstack/vue-query'
import { useMessage } from 'naive-ui'
import { ref } from 'vue'
import { api, faultOf } from '../../api'
import { count, plural } from '../../format'
import { useUndo } from '../../undo'

type Verb = 'cancel' | 'rerun'
/** So many runs are one call: others are answered in between. */
const PORTION = 500

/** What can be done to many runs at once; each says what it did, and how to take it back where it can be. */
export function useRunActs() {
  const message = useMessage()
  const undoable = useUndo()
  const onError = (error: unknown): unknown => message.error(faultOf(error).what)
  const nothing = (): unknown => message.info('Nothing to change: they all are so already')

  /** Many runs are acted on a portion at a time; null: nothing is going on. */
  const doing = ref<{ readonly verb: Verb; readonly done: number; readonly of: number } | null>(null)
  let stopping = new AbortController()
  const act = useMutation({
    async mutationFn({ verb, ids }: { verb: Verb; ids: readonly string[] }) {
      stopping = new AbortController()
      const { signal } = stopping
      let changed = 0
      try {
        for (let at = 0; at < ids.length && !signal.aborted; at += PORTION) {
          doing.value = { verb, done: at, of: ids.length }
          const { done } = await api.runs[verb].mutate({ ids: ids.slice(at, at + PORTION) })
          changed += done
        }
      } finally {
        doing.value = null
      }
      return changed
    },
    onSuccess: (changed, { verb, ids }) => {
      const said = `${plural(changed, 'run')} ${verb === 'cancel' ? 'cancelled' : 'queued again'}`
      message.success(stopping.signal.aborted ? `${said}, then stopped, of ${count(ids.length)}` : said)
    },
    onError,
  })
  const stop = (): void => stopping.abort()
  const archive = useMutation({
    mutationFn: (change: { ids: string[]; archived: boolean }) => api.annotations.archive.mutate(change),
    onSuccess: ({ changed }, { archived }) => {
      if (changed.length === 0) return nothing()
      undoable({
        said: `${plural(changed.length, 'run')} ${archived ? 'archived' : 'taken out of the archive'}`,
        undo: () => api.annotations.archive.mutate({ ids: changed, archived: !archived }),
      })
    },
    onError,
  })
  const tag = useMutation({
    mutationFn: (change: { ids: string[]; tag: string; on: boolean }) => api.annotations.tag.mutate(change),
    onSuccess: ({ changed }, { tag: name, on }) => {
      if (changed.length === 0) return nothing()
      undoable({
        said: `The tag ${name} was ${on ? 'put on' : 'taken off'} ${plural(changed.length, 'run')}`,
        undo: () => api.annotations.tag.mutate({ ids: changed, tag: name, on: !on }),
      })
    },
    onError,
  })
  return { act, doing, stop, archive, tag, onError }
}
