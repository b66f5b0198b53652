import type { Group } from '../../../src-main/analysis/conclusions'

/** The report's name of a figure of this task and model. */
export const figureId = (kind: string, { task, model }: Pick<Group, 'task' | 'model'>): string =>
  `${kind}-${task}-${model}`.replace(/[^A-Za-z0-9-]+/g, '-')
