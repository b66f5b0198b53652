import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import type { Mapping } from '../../../src-main/imports/mapping'
import { api } from '../../api'
import type { Answers } from '../../api'
import type { ChosenFile } from '../../import-dialog'
import { uploadFiles } from './upload'
import type { UploadProgress } from './upload'

export type ImportPreview = Answers['imports']['look']
export type ImportResult = Answers['imports']['take']
type Source = { readonly paths: string[] } | { readonly upload: string }

const LOOK_AGAIN_AFTER_MS = 350

/** One import from the choice of files to its result. Nothing is stored before `take`. */
export function useImport() {
  const source = shallowRef<Source | null>(null)
  const preview = shallowRef<ImportPreview | null>(null)
  const result = shallowRef<ImportResult | null>(null)
  const fault = shallowRef<unknown>(null)
  const uploading = shallowRef<UploadProgress | null>(null)
  const doing = ref<'nothing' | 'uploading' | 'reading' | 'importing'>('nothing')
  const study = ref('')
  const skipDamaged = ref(false)
  /** What the user changed; the rest is guessed anew each time. */
  const mapping = shallowRef<Mapping | undefined>(undefined)
  let stop = new AbortController()
  let asked = 0
  let timer: number | undefined

  const order = (from: Source) => ({
    source: from,
    mapping: mapping.value as never,
    as: study.value.trim() === '' ? undefined : study.value.trim(),
    skipDamaged: skipDamaged.value,
  })

  async function look(): Promise<void> {
    const from = source.value
    if (from === null) return
    const mine = ++asked
    doing.value = 'reading'
    try {
      const found = await api.imports.look.mutate(order(from))
      if (mine !== asked) return
      fault.value = null
      preview.value = found
      if (study.value.trim() === '') study.value = found.study
    } catch (error) {
      if (mine === asked) fault.value = error
    } finally {
      if (mine === asked) doing.value = 'nothing'
    }
  }

  function lookSoon(): void {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void look(), LOOK_AGAIN_AFTER_MS)
  }

  async function lookAtPath(path: string): Promise<void> {
    startOver()
    source.value = { paths: [path] }
    await look()
  }

  async function lookAtFiles(files: readonly ChosenFile[]): Promise<void> {
    startOver()
    doing.value = 'uploading'
    try {
      const upload = await uploadFiles(files, (progress) => (uploading.value = progress), stop.signal)
      source.value = { upload }
    } catch (error) {
      if (!stop.signal.aborted) fault.value = error
      doing.value = 'nothing'
      return
    } finally {
      uploading.value = null
    }
    await look()
  }

  async function take(): Promise<void> {
    const from = source.value
    if (from === null || preview.value === null) return
    doing.value = 'importing'
    try {
      // By the mapping that is shown, whatever another guess would be.
      const shown = preview.value.from === 'bundle' ? undefined : (preview.value.mapping as never)
      result.value = await api.imports.take.mutate({ ...order(from), mapping: shown })
      fault.value = null
      source.value = null
    } catch (error) {
      fault.value = error
    } finally {
      doing.value = 'nothing'
    }
  }

  /** Lets go of what was handed over. */
  function startOver(): void {
    stop.abort()
    stop = new AbortController()
    asked++
    window.clearTimeout(timer)
    if (source.value !== null && 'upload' in source.value) {
      void api.imports.forget.mutate({ upload: source.value.upload }).catch(() => undefined)
    }
    mapping.value = undefined
    source.value = null
    preview.value = null
    result.value = null
    fault.value = null
    doing.value = 'nothing'
    study.value = ''
  }
  onScopeDispose(startOver)

  function remap(change: Mapping): void {
    mapping.value = change
    lookSoon()
  }

  const canTake = computed(
    () =>
      doing.value === 'nothing' &&
      preview.value !== null &&
      preview.value.problems.length === 0 &&
      preview.value.runs + preview.value.published > 0,
  )

  return {
    ...{ preview, result, fault, uploading, doing, study, skipDamaged, mapping, canTake },
    ...{ look, lookSoon, lookAtPath, lookAtFiles, take, remap, startOver },
  }
}
