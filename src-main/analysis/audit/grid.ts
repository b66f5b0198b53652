import { formatRate, roundRate } from '../../study/rates'
import type { Cell, Group, StudyOutline } from '../conclusions'
import { scoredSeeds } from '../contrasts'
import { welchDifference } from '../difference'
import { sayExtension } from '../extensions'
import type { GridExtensions } from '../extensions'
import { drawMore, drawnRemedies, drawWider, largerDraw, reachingDraw } from './draws'
import { changeStudy, finding, sameRates, sharedRates, withRates } from './finding'
import type { Finding } from './finding'

const HALF_DECADE = Math.sqrt(10)
/** Steps below this are fine enough to call a grid fine. */
const FINE_STEP_DECADES = 0.6

/** What the learning-rate grid leaves open, judged by where the best rates came to lie. */
export function gridFindings(study: StudyOutline, group: Group): Finding[] {
  return group.cells.flatMap((cell) => [
    ...checkEdge(study, group, cell),
    ...checkStep(study, group, cell),
    ...checkEligible(study, group, cell),
    ...checkTie(group, cell),
  ])
}

function checkEdge(study: StudyOutline, { task, model }: Group, cell: Cell): Finding[] {
  const { setting, choice } = cell
  if (!choice?.edge) return []
  const next = roundRate(choice.edge === 'lowest' ? choice.rate / HALF_DECADE : choice.rate * HALF_DECADE)
  const extra = study.extra_learning_rates
  const limit = study.selection.extensions
  const [low, high] = [Math.min(...study.learning_rates), Math.max(...study.learning_rates)]
  const beyond = (extra[setting] ?? []).filter((rate) => rate < low || rate > high)
  const isSpent = limit !== undefined && beyond.length >= limit
  const { rate_draw: draw } = study
  const { rate, edge } = choice
  const mends = draw
    ? drawnRemedies(
        draw,
        (rates) => rates.some((each) => (edge === 'lowest' ? each < rate : each > rate)),
        reachingDraw(draw, { [edge === 'lowest' ? 'below' : 'above']: 0.5 }),
      )
    : {
        remedy: changeStudy(`Add ${formatRate(next)} for all settings.`, {
          learning_rates: withRates(study, [next]),
        }),
        alternative: isSpent
          ? null
          : changeStudy(
              `Add ${formatRate(next)} for ${setting} only; fair if every setting is extended by the same rule, until its best rate is interior${limit === undefined ? '; selection.extensions says how often at most' : `, at most ${sayExtension(limit)}`}.`,
              { extra_learning_rates: { ...extra, [setting]: [...(extra[setting] ?? []), next] } },
            ),
      }
  return [
    finding({
      id: 'edge-of-grid',
      severity: 'warning',
      task,
      model,
      setting,
      explanation: `The best learning rate of ${setting} is ${formatRate(choice.rate)}, the ${choice.edge} ${draw ? 'of the drawn rates' : 'one tried'}. A better one may lie beyond, so ${setting} may be judged too low.`,
      runs: choice.validation.runs,
      numbers: { rate: choice.rate, score: choice.validation.mean },
      ...mends,
    }),
  ]
}

/** A best rate that stands out from both neighbours a long step away: the true best may lie between. */
function checkStep(study: StudyOutline, { task, model }: Group, cell: Cell): Finding[] {
  const { arms, choice, setting } = cell
  const place = arms.findIndex(({ rate }) => rate === choice?.rate)
  const [below, best, above] = [arms[place - 1], arms[place], arms[place + 1]]
  if (!choice || !best || !below || !above) return []
  const decades = Math.max(Math.log10(best.rate / below.rate), Math.log10(above.rate / best.rate))
  const standsOut = [below, above].every((arm) => {
    const { interval } = welchDifference(scores(best), scores(arm))
    return arm.eligible && interval !== null && (interval.low > 0 || interval.high < 0)
  })
  if (decades < FINE_STEP_DECADES || !standsOut) return []
  const between = [below, above].map((arm) => roundRate(Math.sqrt(arm.rate * best.rate)))
  const { rate_draw: draw } = study
  // Few drawn rates fall into a gap by chance: twice as many is the least that narrows such gaps.
  const larger =
    draw &&
    (largerDraw(draw, isInside(below.rate, best.rate, above.rate)) ?? { ...draw, count: 2 * draw.count })
  return [
    finding({
      id: 'coarse-grid',
      severity: 'note',
      task,
      model,
      setting,
      explanation: `${setting} is best at ${formatRate(best.rate)} and clearly worse one step of ${decades.toFixed(1)} decades away on both sides. Its true best rate may lie between two of the ${draw ? 'drawn rates' : 'grid'}, and its score be higher than shown.`,
      runs: [below, best, above].flatMap((arm) => arm.validation?.runs ?? []),
      numbers: { decades, rate: best.rate },
      remedy:
        draw && larger
          ? drawMore(draw, larger)
          : changeStudy(`Add ${between.map(formatRate).join(' and ')} for all settings.`, {
              learning_rates: withRates(study, between),
            }),
    }),
  ]
}

/** Whether some of the rates lies between the best and each of its neighbours. */
const isInside =
  (below: number, best: number, above: number) =>
  (rates: readonly number[]): boolean =>
    rates.some((rate) => rate > below && rate < best) && rates.some((rate) => rate > best && rate < above)

const scores = (arm: Cell['arms'][number]): number[] =>
  scoredSeeds(arm, 'validation').map(({ value }) => value)

function checkEligible(study: StudyOutline, { task, model }: Group, cell: Cell): Finding[] {
  const { arms, choice, setting } = cell
  const diverged = arms.filter(({ ineligible }) => ineligible === 'diverged')
  if (choice || diverged.length === 0 || arms.some(({ counts }) => counts.open > 0)) return []
  const lowest = Math.min(...arms.map(({ rate }) => rate))
  const lower = [HALF_DECADE, 10].map((factor) => roundRate(lowest / factor))
  return [
    finding({
      id: 'no-eligible-arm',
      severity: 'error',
      task,
      model,
      setting,
      explanation: `No learning rate of ${setting} has a score without a diverged seed (${diverged.length} of ${arms.length} diverged). It cannot be compared until a lower rate trains stably.`,
      runs: diverged.flatMap(({ seeds }) => seeds.map(({ run }) => run)),
      numbers: { diverged: diverged.length, arms: arms.length },
      remedy: study.rate_draw
        ? drawWider(reachingDraw(study.rate_draw, { below: 1 }))
        : changeStudy(`Add ${lower.map(formatRate).join(' and ')} for all settings.`, {
            learning_rates: withRates(study, lower),
          }),
    }),
  ]
}

function checkTie({ task, model }: Group, { choice, setting }: Cell): Finding[] {
  if (!choice || choice.tied.length === 0) return []
  return [
    finding({
      id: 'exact-tie',
      severity: 'note',
      task,
      model,
      setting,
      explanation: `${setting} scores exactly the same at ${[choice.rate, ...choice.tied].map(formatRate).join(', ')}. The rule's tie-break chose ${formatRate(choice.rate)}; the validation set may be too small to tell them apart.`,
      runs: choice.validation.runs,
      numbers: { tied: choice.tied.length + 1 },
    }),
  ]
}

/** Grids that differ by one rule for all settings are information; grids that differ otherwise favour a setting. */
export function extensionFindings(study: StudyOutline, extensions: GridExtensions | null): Finding[] {
  if (!extensions) return []
  const { atMost, isSet, settings, breaches } = extensions
  const extended = settings.filter(({ times }) => times > 0)
  const limit = isSet
    ? `, at most ${sayExtension(atMost)}`
    : atMost > 0
      ? `, at most ${sayExtension(atMost)} (the most that any had; selection.extensions sets it beforehand)`
      : ''
  const rule = `extend until the best rate is interior${limit}`
  const said = extended.map(({ setting, times }) => `${setting} ${sayExtension(times)}`).join(', ')
  const isKept = breaches.length === 0
  const more = Object.values(study.extra_learning_rates).flat()
  return [
    finding({
      id: 'unequal-grids',
      severity: isKept ? 'note' : 'warning',
      explanation: isKept
        ? `Settings were tried beyond the ${sharedRates(study)} by one rule: ${rule} (${said}). Every setting was searched until nothing called for more, so their rates differ and their chances do not.`
        : `Settings were tried beyond the ${sharedRates(study)}${said === '' ? '' : ` (${said})`}, but not by one rule (${rule}). ${breaches.map(({ setting, why }) => `${setting}: ${why}`).join('; ')}. A wider search gives a setting a better chance at a high score.`,
      numbers: { atMost, extended: extended.length, breaches: breaches.length },
      remedy: isKept ? null : changeStudy('Give every setting the same rates.', sameRates(study, more)),
    }),
  ]
}
