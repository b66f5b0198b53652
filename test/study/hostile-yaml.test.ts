import { describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/errors'
import { readStudy } from '../../src-main/study/read'
import { processorTime } from '../processor-time'

const MEGABYTE = 1_000_000
const repeated = (piece: string): string => piece.repeat(Math.floor(MEGABYTE / piece.length))
const BASE = 'name: s\ntask: mnist\nmodel: minilm-l6\n'

const laughs = (levels: number): string =>
  'a0: &a0 [x, x, x, x, x, x, x, x, x]\n' +
  Array.from(
    { length: levels },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]\n`,
  ).join('')

const chain = `a: &a0 [0]\n${Array.from({ length: 49 }, (_, i) => `b${i}: &a${i + 1} [*a${i}, 0]\n`).join('')}`

function expectQuickRefusal(text: string): void {
  const before = processorTime()
  expect(() => readStudy(text)).toThrow(InputError)
  expect(processorTime() - before).toBeLessThan(2000)
}

/** Nothing may take longer than two seconds, nor end in anything but a sentence about the file. */
describe('a file made to hurt is refused in a moment', () => {
  const pieces = '[ { - ? : , ] } " \' # | > % & * ! \\ \t \r'.split(' ').filter(Boolean)
  const phrases = [
    'a: ',
    '- ',
    '- - ',
    '? ',
    '[a,',
    '{a: ',
    '&a ',
    '*a ',
    '!a ',
    '<<: ',
    'a:\n',
    '- \n',
    'a\n',
    'a: b\n',
    '\n',
    ' ',
    '- |\n',
    '|\n ',
    '---\n',
    '...\n',
    '# x\n',
    '"a\n',
    '[\n',
    '- [\n',
    'a: &x\n',
    '\ufeff',
    'a: !!map\n',
    '"\\x41',
  ]
  it.each([...pieces, ...phrases])('a megabyte of %j', (piece) => expectQuickRefusal(repeated(piece)))

  it.each([
    ['nine laughs', laughs(9)],
    ['five laughs', laughs(5)],
    ['a chain of fifty aliases', chain],
    ['an alias inside its own anchor', 'a: &a [*a]\n'],
    ['a deep block', Array.from({ length: 900 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
    ['nested once too often', `name: ${'['.repeat(65)}${']'.repeat(65)}\n`],
    ['a long quoted string over many lines', `name: "${'x\n  '.repeat(200_000)}"`],
    ['a long plain string over many lines', `name: ${'x\n  '.repeat(200_000)}`],
    ['a name of a million letters', `name: ${'a'.repeat(MEGABYTE - 10)}`],
    ['ten thousand keys', Array.from({ length: 10_000 }, (_, i) => `k${i}: 1\n`).join('')],
    ['more than a megabyte', `# ${'x'.repeat(MEGABYTE)}`],
  ])('%s', (_, text) => expectQuickRefusal(text))

  it('reads aliases where they are few', () => {
    const study = readStudy(`${BASE}seeds: &numbers [1, 2]\nlearning_rates: *numbers\n`)
    expect(study.learning_rates).toEqual([1, 2])
  })

  it('takes text that looks like YAML signs for text', () => {
    const study = readStudy(`${BASE}notes: |\n  !tag *alias &anchor %directive\n  --- no end\n`)
    expect(study.notes).toBe('!tag *alias &anchor %directive\n--- no end\n')
  })
})

describe('no file changes what objects inherit', () => {
  const keys = [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '"__proto__"',
    "'__proto__'",
  ]
  const places = [
    (key: string) => `${key}: {polluted: true}\n${BASE}`,
    (key: string) => `${BASE}training: {${key}: {polluted: true}}\n`,
    (key: string) => `${BASE}extra_learning_rates: {${key}: [1e-7]}\n`,
    (key: string) => `name: s\nmodel: m\ntask: {kind: mnist, ${key}: {polluted: true}}\n`,
    (key: string) => `name: s\nmodel: m\ntask: {kind: ${key}}\n`,
    (key: string) => `name: s\nmodel: m\ntask: ${key}\n`,
    (key: string) => `${BASE}settings: [${key}]\n`,
    (key: string) => `${BASE}settings: [{name: a, init: random, train: [input], ${key}: {polluted: true}}]\n`,
    (key: string) => `${BASE}overrides: [{task: mnist, training: {${key}: {polluted: true}}}]\n`,
  ]
  it.each(keys.flatMap((key) => places.map((place) => place(key))))('%j', (text) => {
    const before = Object.getOwnPropertyNames(Object.prototype)
    expect(() => readStudy(text)).toThrow(InputError)
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
    expect({}).not.toHaveProperty('polluted')
  })
})
