import { computed, inject, provide, ref, watch } from 'vue'
import type { ComputedRef, InjectionKey, Ref, WritableComputedRef } from 'vue'
import type { Comparison, Group } from '../../../src-main/analysis/conclusions'
import { readAtRate, shareRate } from '../../../src-main/analysis/other-rate'
import type { RateReading } from '../../../src-main/analysis/other-rate'
import type { StudyPatch } from '../../../src-main/analysis/audit'
import { useLocationList, useLocationWord } from '../../location'

/** A change of the study that somebody asked for, to be looked at before it is made. */
export interface AskedChange {
  readonly say: string
  readonly patch: StudyPatch
}

/** What the panels of one comparison share. */
export interface CompareState {
  readonly study: ComputedRef<string>
  readonly comparison: ComputedRef<Comparison>
  readonly group: ComputedRef<Group>
  /** The one rate for all settings, under the pointer or settled. */
  readonly rate: Ref<number | null>
  readonly reading: ComputedRef<RateReading | null>
  /** The group's cells with their column at that rate. */
  readonly shared: ComputedRef<Pick<Group, 'sharedRate' | 'cells'>>
  /** Keeps the rate in the URL. */
  readonly settle: (rate: number | null) => void
  /** Panels that are folded. */
  readonly closed: WritableComputedRef<string[]>
  /** The change that is being looked at. */
  readonly asked: Ref<AskedChange | null>
}

const KEY: InjectionKey<CompareState> = Symbol('compare')

/** FPT's rate, which the paper re-tests. */
const USUAL_RATE = 1e-3

/**
 * Makes the state of the view. The comparison is loaded once; moving the rate asks no server, for everything that
 * depends on it is a pure function of what is loaded.
 */
export function provideCompare(
  study: ComputedRef<string>,
  comparison: ComputedRef<Comparison | undefined>,
  group: ComputedRef<Group | undefined>,
): void {
  const word = useLocationWord('rate')
  const rate = ref<number | null>(null)
  const firstRate = (): number | null => {
    const shared = group.value?.rankings.map((ranking) => ranking.rate)
    return shared?.includes(USUAL_RATE) === true ? USUAL_RATE : (group.value?.sharedRate?.rate ?? null)
  }
  watch(
    [word, () => `${group.value?.task} ${group.value?.model} ${group.value?.rates.join()}`],
    () => (rate.value = isRate(Number(word.value)) ? Number(word.value) : firstRate()),
    { immediate: true },
  )
  const known = lastOf(comparison)
  const knownGroup = lastOf(group)
  provide(KEY, {
    study,
    comparison: known,
    group: knownGroup,
    rate,
    reading: computed(() => (rate.value === null ? null : readAtRate(knownGroup.value, rate.value))),
    shared: computed(() => shareRate(knownGroup.value.cells, known.value.metric, rate.value)),
    settle(to) {
      rate.value = to ?? firstRate()
      word.value = to === null ? '' : String(to)
    },
    closed: useLocationList('closed'),
    asked: ref(null),
  })
}

/** What was there last: while another study loads, panels that are about to go still have something to say. */
function lastOf<T>(source: ComputedRef<T | undefined>): ComputedRef<T> {
  return computed<T>((before) => {
    const value = source.value ?? before
    if (value === undefined) throw new Error('the panels of a comparison are shown once it is loaded')
    return value
  })
}

const isRate = (number: number): boolean => number > 0 && number <= 100

export function useCompare(): CompareState {
  const state = inject(KEY)
  if (state === undefined) throw new Error('this panel stands outside a comparison')
  return state
}
