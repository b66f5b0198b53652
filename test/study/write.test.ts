import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { editStudy } from '../../src-main/study/write'

const TEXT = `# what it is for
name: s # its name

task: {kind: mnist, patch: 7} # small
# rates
learning_rates: {from: 1e-5, to: 1e-2, per_decade: 1}
training:
  # long enough
  max_steps: 2000 # steps
`

describe('setting one value of a study file', () => {
  it('keeps comments, order and style', () => {
    expect(editStudy(TEXT, ['training', 'max_steps'], 500)).toBe(TEXT.replace('2000', '500'))
    expect(editStudy(TEXT, ['name'], 't')).toBe(TEXT.replace('name: s', 'name: t'))
    expect(editStudy(TEXT, ['task', 'patch'], 4)).toBe(TEXT.replace('patch: 7', 'patch: 4'))
  })

  it('changes nothing where the value is there already', () => {
    expect(editStudy(TEXT, ['learning_rates', 'from'], 1e-5)).toBe(TEXT)
  })

  it('writes rates as people do', () => {
    expect(editStudy(TEXT, ['learning_rates', 'from'], 1e-6)).toBe(TEXT.replace('1e-5', '1e-6'))
    expect(editStudy('name: s\n', ['learning_rates'], [1e-5, 3.16e-4, 0.01, 1])).toBe(
      'name: s\nlearning_rates: [1e-5, 3.16e-4, 1e-2, 1]\n',
    )
    expect(editStudy('name: s\n', ['training', 'dropout'], 0.05)).toContain('dropout: 0.05')
  })

  it('adds the mapping around a value where there is none', () => {
    expect(editStudy('name: s\n', ['validation', 'every'], 25)).toBe('name: s\nvalidation: {every: 25}\n')
    expect(editStudy('name: s\ntask: mnist\n', ['task', 'patch'], 7)).toContain('patch: 7')
  })

  it('takes a value out, and the mapping that it leaves empty', () => {
    expect(parse(editStudy(TEXT, ['training', 'max_steps'], undefined))).not.toHaveProperty('training')
    expect(parse(editStudy(TEXT, ['task', 'patch'], undefined))).toMatchObject({ task: { kind: 'mnist' } })
    expect(editStudy(TEXT, ['seeds'], undefined)).toBe(TEXT)
  })

  it.each(['name: [', '- a\n', 'text'])('leaves %j alone', (text) => {
    expect(editStudy(text, ['name'], 's')).toBe(text)
  })

  it('begins a file that is empty', () => {
    expect(editStudy('', ['name'], 's')).toBe('name: s\n')
  })

  it('reads back as what was set', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          ['name'],
          ['training', 'max_steps'],
          ['learning_rates', 'from'],
          ['seeds'],
          ['new', 'key'],
        ),
        fc.oneof(
          fc.string(),
          fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
          fc.boolean(),
          fc.array(fc.integer()),
        ),
        (path, value) => {
          const read = parse(editStudy(TEXT, path, value)) as Record<string, unknown>
          const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], read)
          expect(found).toEqual(value)
        },
      ),
    )
  })
})
