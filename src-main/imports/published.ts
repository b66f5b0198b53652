import type { PublishedCell } from '../run'
import type { FieldReader } from './field-reader'
import type { Mapping } from './mapping'
import { fromPercent } from './numbers'

/**
 * A row of `kind: published`: a cell of someone's table, which has a mean and perhaps its standard error and number of
 * seeds, but no runs, rates or curves.
 */
export function publishedCell(
  reader: FieldReader,
  { accuracy }: Mapping,
  cell: Pick<PublishedCell, 'task' | 'model' | 'setting'>,
): PublishedCell {
  const source = reader.text('source')
  if (source === null) throw reader.wrong('source', 'nothing', 'whose number it is, as a short citation')
  const metric = reader.text('metric')?.toLowerCase() ?? 'accuracy'
  if (metric !== 'accuracy' && metric !== 'loss') {
    throw reader.wrong('metric', `"${metric}"`, 'accuracy or loss')
  }
  const [mean, sem, n] = [reader.number('mean'), reader.number('sem'), reader.count('n')]
  if (mean === null || !Number.isFinite(mean))
    throw reader.wrong('mean', 'no number', 'the mean of the test score')
  if (sem !== null && !(sem >= 0 && sem < Infinity)) {
    throw reader.wrong('sem', String(sem), 'a standard error, 0 or more')
  }
  if (n === 0) throw reader.wrong('n', '0', 'a number of seeds, 1 or more')
  const scale = (value: number): number =>
    metric === 'accuracy' && accuracy === 'percent' ? fromPercent(value) : value
  return { source, ...cell, metric, mean: scale(mean), sem: sem === null ? null : scale(sem), n }
}
