import type { Group } from '../analysis/conclusions'

/** A report's name of a figure of this task and model: "rate-mnist-minilm-l6". */
export const figureId = (kind: string, { task, model }: Pick<Group, 'task' | 'model'>): string =>
  `${kind}-${task}-${model}`.replace(/[^A-Za-z0-9-]+/g, '-')
