import { onScopeDispose, ref } from 'vue'
import type { Ref } from 'vue'
import type { Holding, Verification } from '../../../src-main/library/library'
import { api } from '../../api'

/** Hashes one thing's files again; leaving the page, or `stop`, ends it. */
export function useVerification(what: Holding, name: () => string) {
  const progress: Ref<Verification | null> = ref(null)
  const error: Ref<unknown> = ref(null)
  const isDone = ref(false)
  let subscription: { unsubscribe: () => void } | null = null

  function stop(): void {
    subscription?.unsubscribe()
    subscription = null
    progress.value = null
  }

  function start(): void {
    stop()
    isDone.value = false
    error.value = null
    progress.value = { file: '', done: 0, of: 1 }
    subscription = api.library.verify.subscribe(
      { what, name: name() },
      {
        onData: (step) => {
          progress.value = step
          if (step.done < step.of || step.file !== '') return
          isDone.value = true
          stop()
        },
        onError: (fault) => {
          error.value = fault
          stop()
        },
      },
    )
  }

  onScopeDispose(stop)
  return { progress, error, isDone, start, stop }
}
