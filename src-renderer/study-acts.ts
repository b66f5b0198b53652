import { useDialog, useMessage } from 'naive-ui'
import { h } from 'vue'
import { useRouter } from 'vue-router'
import type { StudySummary } from '../src-main/api/studies'
import type { StudyDeletion } from '../src-main/store/store'
import { editStudy } from '../src-main/study/write'
import { api, faultOf } from './api'
import { count, plural } from './format'
import { useUndo } from './undo'
import { keepDraft } from './views/design/kept-draft'
import { copyName } from './views/studies/study-order'

/** What can be done with a whole study, wherever it is shown. Call it in a component's setup. */
export function useStudyActs() {
  const router = useRouter()
  const message = useMessage()
  const dialog = useDialog()
  const undoable = useUndo()

  const told = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      message.error(faultOf(error).what)
    }
  }

  const archive = (name: string, archived: boolean): Promise<void> =>
    told(async () => {
      await api.studies.archive.mutate({ name, archived })
      undoable({
        said: archived ? `“${name}” was archived` : `“${name}” was taken out of the archive`,
        undo: () => api.studies.archive.mutate({ name, archived: !archived }),
      })
    })

  const remove = (name: string): Promise<void> =>
    told(async () => {
      const deletion = await api.studies.deletion.query({ name })
      dialog.warning({
        title: `Delete “${name}”?`,
        content: () =>
          h(
            'ul',
            { class: 'losses' },
            lossesOf(deletion).map((line) => h('li', line)),
          ),
        positiveText: 'Delete',
        positiveButtonProps: { type: 'error' },
        negativeText: 'Keep',
        onPositiveClick: () =>
          told(async () => {
            await api.studies.delete.mutate({ name })
            undoable({ said: `“${name}” was deleted`, undo: () => api.studies.restore.mutate({ name }) })
          }),
      })
    })

  const duplicate = ({ name }: StudySummary): Promise<void> =>
    told(async () => {
      const [{ text }, studies] = await Promise.all([
        api.studies.get.query({ name }),
        api.studies.list.query(),
      ])
      const copy = copyName(
        name,
        studies.map((study) => study.name),
      )
      keepDraft(editStudy(text, ['name'], copy))
      await router.push({ name: 'design' })
    })

  return {
    compare: (name: string) => router.push({ name: 'compare', query: { study: name } }),
    runs: (name: string) => router.push({ name: 'runs', query: { study: name } }),
    report: (name: string) => router.push({ name: 'reports', query: { study: name } }),
    design: (name: string) => router.push({ name: 'design', query: { from: `study:${name}` } }),
    duplicate,
    pause: (name: string) => told(() => api.studies.pause.mutate({ name })),
    resume: (name: string) => told(() => api.studies.resume.mutate({ name })),
    stop: (name: string) => told(() => api.studies.stop.mutate({ name })),
    archive,
    remove,
  }
}

/** What a deletion takes, in words. */
export function lossesOf({ runs, shared, steps, results }: StudyDeletion): string[] {
  const gone =
    runs === 0
      ? 'No run goes with it.'
      : `${plural(runs, 'run')} ${runs === 1 ? 'goes' : 'go'} with it, ${count(results)} of them with a result: ${plural(steps, 'trained step')}, their curves and checkpoints.`
  const kept = `${plural(shared, 'run')} ${shared === 1 ? 'stays' : 'stay'}, because another study holds ${shared === 1 ? 'it' : 'them'}.`
  return [gone, ...(shared > 0 ? [kept] : []), 'It can be undone until the workbench is closed.']
}
