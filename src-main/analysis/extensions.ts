import type { Arm, Cell, Group, StudyOutline } from './conclusions'
import { plannedRates } from './arms'
import { chooseArm } from './selection'

/** How far a setting was tried beyond the grid that all settings share. */
export interface GridExtension {
  readonly setting: string
  /** Rates beyond the shared grid that its best rate called for, one after the other. */
  readonly times: number
  /** Rates beyond the shared grid that nothing called for: the best rate before them was interior. */
  readonly uncalled: readonly number[]
  /** Its best rate still lies on the edge of all that it tried. */
  readonly isOnEdge: boolean
}

/** Whether all settings were extended by one rule: until the best rate is interior, at most `atMost` times. */
export interface GridExtensions {
  /** What the study set beforehand (`selection.extensions`), or else the most that any setting was extended. */
  readonly atMost: number
  readonly isSet: boolean
  readonly settings: readonly GridExtension[]
  /** Why the rule was not the same for all; none where it was kept. */
  readonly breaches: readonly { readonly setting: string; readonly why: string }[]
}

/**
 * Follows the rule "extend until the best rate is interior" setting by setting, one rate at a time from the shared grid
 * outwards, and says where a study departs from it. A study has one grid a setting for all its tasks and models, so a
 * rate is called for where any of them has its best on that edge.
 * @param changes how often the log says that the grid was changed after the first run; null: nobody kept a log
 * @returns null where no setting has rates of its own beyond the shared grid, or where runs are still to end
 */
export function gridExtensions(
  study: StudyOutline,
  groups: readonly Pick<Group, 'cells'>[],
  changes: number | null,
): GridExtensions | null {
  const [low, high] = [Math.min(...study.learning_rates), Math.max(...study.learning_rates)]
  const beyond = (setting: string): number[] =>
    plannedRates(study, setting).filter((rate) => rate < low || rate > high)
  const isExtended = study.settings.some(({ name }) => beyond(name).length > 0)
  // Drawn rates take nothing in: what every setting has beside them is shared all the same.
  const isShared = new Set(study.settings.map(({ name }) => plannedRates(study, name).join())).size === 1
  const isOpen = groups.some(({ cells }) =>
    cells.some(({ arms }) => arms.some(({ counts }) => counts.open > 0)),
  )
  if (study.training === null || !isExtended || isShared || isOpen) return null
  const settings = study.settings.map(({ name }) =>
    follow(
      name,
      groups.flatMap(({ cells }) => cells.filter(({ setting }) => setting === name)),
      beyond(name),
      study,
    ),
  )
  const set = study.selection.extensions
  const atMost = set ?? Math.max(...settings.map(({ times }) => times))
  return {
    atMost,
    isSet: set !== undefined,
    settings,
    breaches: [
      ...settings.flatMap((extension) => breach(extension, atMost)),
      ...(changes === 0
        ? settings.flatMap(({ setting, times }) =>
            times > 0
              ? [
                  {
                    setting,
                    why: 'its further rates were planned before any run had a score to call for them',
                  },
                ]
              : [],
          )
        : []),
    ],
  }
}

/** One setting in all tasks and models, from the shared grid outwards. */
function follow(
  setting: string,
  cells: readonly Cell[],
  beyond: readonly number[],
  { learning_rates, selection }: StudyOutline,
): GridExtension {
  const left = new Set(beyond)
  const edges = (): Set<'lowest' | 'highest'> =>
    new Set(
      cells.flatMap(({ arms }) => {
        const tried = arms.filter(({ rate }) => !left.has(rate))
        return edgeOf(tried, selection) ?? []
      }),
    )
  let times = 0
  for (;;) {
    const at = edges()
    const [low, high] = [Math.min(...learning_rates), Math.max(...learning_rates)]
    const lower = Math.max(...[...left].filter((rate) => rate < low))
    const higher = Math.min(...[...left].filter((rate) => rate > high))
    const next = at.has('lowest') && Number.isFinite(lower) ? lower : higher
    if (!Number.isFinite(next) || (next === higher && !at.has('highest'))) {
      return { setting, times, uncalled: [...left].sort((a, b) => a - b), isOnEdge: at.size > 0 }
    }
    left.delete(next)
    times++
  }
}

/** The edge on which the best of these arms lies; where all diverged, a lower rate is wanted. */
function edgeOf(arms: readonly Arm[], rule: StudyOutline['selection']): 'lowest' | 'highest' | null {
  const choice = chooseArm(arms, rule)
  if (choice) return choice.edge
  return arms.some(({ ineligible }) => ineligible === 'diverged') ? 'lowest' : null
}

function breach(
  { setting, times, uncalled, isOnEdge }: GridExtension,
  atMost: number,
): { setting: string; why: string }[] {
  const found = [
    ...(uncalled.length > 0
      ? [
          `${uncalled.length} of its further rates ${uncalled.length === 1 ? 'was' : 'were'} not called for: its best rate was interior without ${uncalled.length === 1 ? 'it' : 'them'}`,
        ]
      : []),
    ...(times > atMost ? [`it was extended ${sayExtension(times)}, and the limit is ${atMost}`] : []),
    ...(isOnEdge && times < atMost
      ? [
          `its best rate is still on the edge and it was extended ${times === 0 ? 'not at all' : `${sayExtension(times)} only`}`,
        ]
      : []),
  ]
  return found.map((why) => ({ setting, why }))
}

/** "once", "3 times". */
export const sayExtension = (times: number): string =>
  times === 1 ? 'once' : times === 2 ? 'twice' : `${times} times`
