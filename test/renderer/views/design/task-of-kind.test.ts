import { expect, it } from 'vitest'
import { TASK_ABOUT, TASK_KINDS, taskObject } from '../../../../src-main/study/kinds'
import { taskOfKind } from '../../../../src-renderer/views/design/task-of-kind'

const kinds = Object.keys(TASK_KINDS)

it('every kind of task is offered, with a sentence', () => {
  expect(Object.keys(TASK_ABOUT).sort()).toEqual([...kinds].sort())
})

it.each(kinds)('%s can be chosen after any other, and stands in the file as the schema wants it', (kind) => {
  for (const before of [undefined, 'mnist', ...kinds.map((other) => ({ kind: other, patch: 7 }))]) {
    const read = taskObject.safeParse(taskOfKind(kind, before))
    expect(read.error?.message).toBeUndefined()
  }
})

it('images keep their patch, nothing else does', () => {
  const before = { kind: 'mnist', patch: 7 }
  expect(taskOfKind('cifar10', before)).toEqual({ kind: 'cifar10', patch: 7 })
  expect(taskOfKind('idx-images', before)).toEqual({ kind: 'idx-images', dir: '.', patch: 7 })
  expect(taskOfKind('bit-memory', before)).toEqual({ kind: 'bit-memory' })
  expect(taskOfKind('mnist', { kind: 'bit-memory', patch: 50 })).toEqual({ kind: 'mnist' })
})
