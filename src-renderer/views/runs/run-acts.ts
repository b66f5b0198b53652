import { useMutation } from '@tanstack/vue-query'
import { useMessage } from 'naive-ui'
import { api, faultOf } from '../../api'
import { plural } from '../../format'
import { useUndo } from '../../undo'

/** What can be done to many runs at once; each says what it did, and how to take it back where it can be. */
export function useRunActs() {
  const message = useMessage()
  const undoable = useUndo()
  const onError = (error: unknown): unknown => message.error(faultOf(error).what)
  const nothing = (): unknown => message.info('Nothing to change: they all are so already')

  const act = useMutation({
    mutationFn: ({ verb, ids }: { verb: 'cancel' | 'rerun'; ids: string[] }) =>
      api.runs[verb].mutate({ ids }),
    onSuccess: ({ done }, { verb }) =>
      message.success(`${plural(done, 'run')} ${verb === 'cancel' ? 'cancelled' : 'queued again'}`),
    onError,
  })
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
  return { act, archive, tag, onError }
}
