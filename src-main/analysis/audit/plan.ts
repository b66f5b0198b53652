import { formatRate, roundRate } from '../../study/rates'
import { plannedRates } from '../arms'
import type { StudyOutline } from '../conclusions'
import type { GridExtensions } from '../extensions'
import { formatCount } from '../wording'
import { drawMore, drawWider, largerDraw, MOST_DRAWS, reachingDraw } from './draws'
import { audit, changeStudy, finding, sameRates, sharedRates, withRates } from './finding'
import type { Audit, Finding, Remedy } from './finding'

const MIN_SEEDS = 3
const MIN_DECADES = 2
/** A grid with more than one decade between neighbours may step over the best rate. */
const MAX_STEP_DECADES = 1.05
const MIN_EVALUATIONS = 5

/** What a study file already shows before anything is trained. */
export function auditPlan(study: StudyOutline): Audit {
  return audit(planFindings(study), 'The plan shows nothing to object to.')
}

/** What runs have shown of a plan. */
export interface PlanEvidence {
  /** Of each task that has complete runs, whether they have validation scores. */
  readonly validated: ReadonlyMap<string, boolean>
  /** Judged apart, once there are scores. */
  readonly extensions: GridExtensions | null
}

const NO_RUNS: PlanEvidence = { validated: new Map(), extensions: null }

/** The findings that do not need any run. */
export function planFindings(study: StudyOutline, evidence = NO_RUNS): Finding[] {
  return [
    ...checkValidation(study, evidence),
    ...checkRates(study),
    ...checkExtraRates(study, evidence),
    ...checkSeeds(study),
    ...checkEvaluations(study),
    ...checkTest(study),
    ...checkPositions(study),
    ...checkBatches(study),
  ]
}

/** Kinds of task whose files may bring a validation split of their own. */
const MAY_VALIDATE: ReadonlySet<string> = new Set(['listops', 'remote-homology', 'tensors'])

function checkValidation({ validation, tasks }: StudyOutline, { validated }: PlanEvidence): Finding[] {
  if (!validation || validation.fraction > 0) return []
  return tasks.flatMap(({ name, kind }) => {
    const isValidated = validated.get(name)
    if (isValidated === true) return []
    const mayBe = isValidated === undefined && (kind === undefined || MAY_VALIDATE.has(kind))
    return finding({
      id: 'no-validation',
      severity: mayBe ? 'warning' : 'error',
      task: name,
      explanation: `No validation split is set apart from the training examples of ${name}${mayBe ? '; unless it brings its own, no' : '. Nothing can be selected: no'} learning rate can be chosen without looking at the test.`,
      remedy: changeStudy('Set validation.fraction to 0.1.', { validation: { fraction: 0.1 } }),
    })
  })
}

function checkRates(study: StudyOutline): Finding[] {
  const rates = withRates(study, [])
  const [low, high] = [rates[0], rates.at(-1)]
  if (low === undefined || high === undefined) return []
  if (low === high) {
    const grid = withRates(
      study,
      [0.01, 0.1, 10, 100].map((factor) => roundRate(low * factor)),
    )
    return [
      finding({
        id: 'single-rate',
        severity: 'error',
        explanation: `Every setting is trained at ${formatRate(low)} alone. At one shared learning rate the ranking of settings says more about that rate than about the settings.`,
        numbers: { rates: 1 },
        remedy:
          redrawn(study, spans) ??
          changeStudy(`Sweep ${grid.map(formatRate).join(', ')}.`, { learning_rates: grid }),
      }),
    ]
  }
  const findings: Finding[] = []
  const decades = Math.log10(high / low)
  if (decades < MIN_DECADES * 0.99) {
    // Half a decade further on either side, as often as it takes.
    const steps = Math.max(1, Math.ceil(MIN_DECADES - decades - 1e-9))
    const beyond = Array.from({ length: steps }, (_, i) => 10 ** ((i + 1) / 2))
    const grid = withRates(
      study,
      beyond.flatMap((factor) => [roundRate(low / factor), roundRate(high * factor)]),
    )
    findings.push(
      finding({
        id: 'narrow-grid',
        severity: 'warning',
        explanation: `The ${study.rate_draw ? 'drawn' : 'learning'} rates span ${decades.toFixed(1)} decades. The best rates of frozen and unfrozen settings often lie further apart than that, so one of them may be cut off.`,
        numbers: { decades },
        remedy:
          redrawn(study, spans) ??
          changeStudy(`Widen the grid to ${grid.map(formatRate).join(', ')}.`, { learning_rates: grid }),
      }),
    )
  }
  const wide = wideSteps(rates)
  if (wide.length > 0) {
    const grid = withRates(study, wide.map(roundRate))
    findings.push(
      finding({
        id: 'coarse-grid',
        severity: 'warning',
        explanation: `${wide.length} of the ${rates.length - 1} steps between ${study.rate_draw ? 'drawn' : 'learning'} rates are wider than a decade. A setting whose best rate lies inside such a step is judged too low.`,
        numbers: { wideSteps: wide.length },
        remedy:
          moreDense(study) ??
          changeStudy(`Fill the steps: ${grid.map(formatRate).join(', ')}.`, { learning_rates: grid }),
      }),
    )
  }
  return findings
}

/** The middle of every step that may step over a best rate; rates rising. */
const wideSteps = (rates: readonly number[]): number[] =>
  rates.slice(1).flatMap((rate, i) => {
    const below = rates[i] ?? rate
    return Math.log10(rate / below) > MAX_STEP_DECADES ? [Math.sqrt(rate * below)] : []
  })
const isDense = (rates: readonly number[]): boolean => wideSteps(rates).length === 0
const spans = (rates: readonly number[]): boolean =>
  Math.log10((rates.at(-1) ?? 1) / (rates[0] ?? 1)) >= MIN_DECADES * 0.99

/** So many more draws that no step is too wide; null where rates are not drawn. */
function moreDense({ rate_draw: draw }: StudyOutline): Remedy | null {
  if (draw === undefined) return null
  // Among the low rates of a uniform draw steps stay wide however many are drawn.
  const larger = largerDraw(draw, isDense, draw.sample === 'uniform' ? undefined : MOST_DRAWS)
  if (larger !== null) return drawMore(draw, larger)
  const spread = largerDraw({ ...draw, sample: 'log-uniform' }, isDense, MOST_DRAWS)
  return spread && drawWider(spread)
}

/** More draws whose rates, rising, are as wanted, or else of a range that holds such; null where rates are not drawn. */
function redrawn(
  { rate_draw: draw }: StudyOutline,
  isWanted: (rates: readonly number[]) => boolean,
): Remedy | null {
  if (draw === undefined) return null
  const larger = largerDraw(draw, isWanted)
  if (larger !== null) return drawMore(draw, larger)
  const spread = largerDraw({ ...draw, sample: 'log-uniform' }, isWanted)
  if (spread !== null) return drawWider(spread)
  const wider = reachingDraw(draw, { below: MIN_DECADES / 2, above: MIN_DECADES / 2 })
  return drawWider(largerDraw(wider, isWanted) ?? wider)
}

/** Extra rates for one setting are fine where they go on from an end of the grid; between the others' rates they are a favour. */
function checkExtraRates(study: StudyOutline, { extensions }: PlanEvidence): Finding[] {
  const [low, high] = [Math.min(...study.learning_rates), Math.max(...study.learning_rates)]
  const grids = study.settings.map(({ name }) => JSON.stringify(plannedRates(study, name)))
  if (new Set(grids).size === 1) return []
  return Object.entries(study.extra_learning_rates).flatMap(([setting, extra]) => {
    const more = extra.filter((rate) => !study.learning_rates.includes(rate))
    if (more.length === 0) return []
    const inside = more.filter((rate) => rate > low && rate < high)
    if (inside.length === 0 && extensions !== null) return []
    return finding({
      id: 'unequal-grids',
      severity: inside.length > 0 ? 'warning' : 'note',
      setting,
      explanation:
        inside.length > 0
          ? `${setting} alone is tried at ${inside.map(formatRate).join(', ')} inside the ${sharedRates(study)}. A finer search gives a setting a better chance at a high score.`
          : `${setting} has ${more.length} more learning rate${more.length === 1 ? '' : 's'} beyond the ${sharedRates(study)} (${more.map(formatRate).join(', ')}). That is fair when every setting is extended by the same rule, until its best rate is interior.`,
      numbers: { shared: study.learning_rates.length, more: more.length },
      remedy: changeStudy(
        'Give every setting the same rates.',
        sameRates(study, study.rate_draw ? Object.values(study.extra_learning_rates).flat() : more),
      ),
    })
  })
}

function checkSeeds({ seeds }: StudyOutline): Finding[] {
  if (seeds.length === 0 || seeds.length >= MIN_SEEDS) return []
  const more = [...seeds]
  for (let seed = 0; more.length < MIN_SEEDS; seed++) if (!more.includes(seed)) more.push(seed)
  return [
    finding({
      id: 'few-seeds',
      severity: 'warning',
      explanation: `Every arm has ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}. ${seeds.length === 1 ? 'Without a second one there is no spread, so no difference can be told from chance.' : 'A t interval from two seeds has one degree of freedom a side and is so wide that it proves little.'}`,
      numbers: { seeds: seeds.length },
      remedy: changeStudy(`Train seeds ${more.join(', ')}.`, { seeds: more }),
    }),
  ]
}

function checkEvaluations({ training, validation }: StudyOutline): Finding[] {
  if (!training || !validation) return []
  const evaluations = Math.ceil(training.max_steps / validation.every)
  if (evaluations >= MIN_EVALUATIONS) return []
  const every = Math.max(1, Math.floor(training.max_steps / 20))
  return [
    finding({
      id: 'rarely-evaluated',
      severity: 'warning',
      explanation: `A run is evaluated ${evaluations} time${evaluations === 1 ? '' : 's'} in its ${formatCount(training.max_steps)} steps. The best step is then found only roughly, and compute efficiency cannot be told.`,
      numbers: { evaluations, every: validation.every, maxSteps: training.max_steps },
      remedy: changeStudy(`Evaluate every ${every} steps.`, { validation: { every } }),
    }),
  ]
}

function checkTest({ test }: StudyOutline): Finding[] {
  if (!test || test.examples === 'all') return []
  return [
    finding({
      id: 'test-subset',
      severity: 'note',
      explanation: `The test score is read on ${formatCount(test.examples)} test examples, not on all. It cannot be set beside published numbers without saying so.`,
      numbers: { examples: test.examples },
      remedy: changeStudy('Read the whole test set.', { test: { examples: 'all' } }),
    }),
  ]
}

function checkPositions({ tasks }: StudyOutline): Finding[] {
  return tasks.flatMap(({ name, options }) =>
    options?.['positions_beyond'] === 'drawn'
      ? finding({
          id: 'positions-beyond',
          severity: 'note',
          task: name,
          explanation: `Where ${name} has longer sequences than a model's position table has rows, the rows beyond it are drawn by each run's seed and trained by the settings that train positions. They have never seen pretraining: scores cannot be set beside published ones without saying so.`,
        })
      : [],
  )
}

/** Two tasks of one kind are set beside each other, whatever else differs between them. */
function checkBatches({ tasks }: StudyOutline): Finding[] {
  const isByLength = ({ options }: StudyOutline['tasks'][number]): boolean =>
    options?.['batches'] === 'by-length'
  return tasks.filter(isByLength).flatMap((task) => {
    const others = tasks.filter((other) => other.kind === task.kind && !isByLength(other))
    return others.length === 0
      ? []
      : finding({
          id: 'batches-differ',
          severity: 'note',
          task: task.name,
          explanation: `Batches of ${task.name} hold examples of about one length, those of ${others.map(({ name }) => name).join(', ')} examples of all lengths: a difference between their scores is also one of how they were trained.`,
        })
  })
}
