import type { SelectionRule } from '../run'
import type { Study } from '../study/study'
import type { TaskOutput } from '../tasks/task'
import type { Library } from './library'

/** The score of guessing, by task name; tasks whose data are not to be had here, or that have no such score, are left out. */
export async function chanceScores(study: Study, library: Library): Promise<Record<string, number>> {
  const scores: Record<string, number> = {}
  for (const spec of study.tasks) {
    const output = await library.task(spec).then(
      ({ facts }) => facts.output,
      () => null,
    )
    const score = output && chanceOf(output, study.selection.metric)
    if (score !== null) scores[spec.name] = score
  }
  return scores
}

/** Guessing evenly among the classes (or the two values of a bit): its accuracy, or its cross-entropy in nats. */
function chanceOf(output: TaskOutput, metric: SelectionRule['metric']): number | null {
  if (output.kind === 'values') return null
  const choices = output.kind === 'bits' ? 2 : output.count
  return metric === 'accuracy' ? 1 / choices : Math.log(choices)
}
