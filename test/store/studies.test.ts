import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { RUN_STATES, type ParameterPart, type RunRecord } from '../../src-main/run'
import { openStore, type Store } from '../../src-main/store/store'
import { ENVIRONMENT, losses, outcome, plan, START, study } from './plans'

let store: Store
beforeEach(() => {
  store = openStore(':memory:')
})

const inPlanOrder = (name = 'lr-sweep'): RunRecord[] => store.runs({ study: name, order: 'plan' })
const rates = (runs: readonly RunRecord[]): number[] => runs.map(({ learningRate }) => learningRate)

describe('saving a study', () => {
  it('queues its runs in the order of the plan, with configuration and words', () => {
    const asked = plan()
    const record = store.saveStudy(asked)
    expect(record).toMatchObject({
      name: 'lr-sweep',
      study: study(),
      text: 'name: lr-sweep\n',
      runsByState: { queued: 4 },
    })
    expect(store.study('lr-sweep')).toEqual(record)
    expect(store.studies()).toEqual([record])
    expect(inPlanOrder().map(({ key }) => key)).toEqual(asked.runs.map(({ key }) => key))
    expect(inPlanOrder()[0]).toEqual({
      id: asked.runs[0]!.key.slice(0, 12),
      key: asked.runs[0]!.key,
      study: 'lr-sweep',
      task: 'mnist',
      model: 'minilm-l6',
      setting: 'frozen-pretrained',
      learningRate: 1e-4,
      seed: 0,
      state: 'queued',
      inPlan: true,
      steps: 0,
      bestStep: null,
      parametersTrained: null,
      parametersTotal: null,
      stepFlops: null,
      summary: {},
      reason: null,
      environment: null,
      startedAt: null,
      finishedAt: null,
      config: asked.runs[0]!.config,
    })
  })

  it('twice changes nothing but the text', () => {
    const before = store.saveStudy(plan())
    expect(store.saveStudy({ ...plan(), text: '# again\n' })).toEqual({ ...before, text: '# again\n' })
    expect(store.events({ study: 'lr-sweep' })).toHaveLength(1)
  })

  it('knows what an earlier version stored, and sees no change of protocol in options that came later', () => {
    const early = plan()
    const { batch_size, max_steps, optimizer, grad_clip, dropout, shuffle } = early.study.training
    const training = { batch_size, max_steps, optimizer, grad_clip, dropout, shuffle } as never
    const stored = {
      ...early,
      study: { ...early.study, training },
      runs: early.runs.map((run) => ({ ...run, config: { ...run.config, training } })),
    }
    store.saveStudy(stored)
    const id = store.runIds({ study: early.study.name })[0] ?? ''
    store.begin(id, START)
    expect(store.study(early.study.name)?.study.training).toEqual(early.study.training)
    expect(store.run(id)?.config).toMatchObject({ training: early.study.training })
    store.saveStudy(plan({ seeds: [0, 1, 2] }))
    expect(store.events({ study: early.study.name }).map(({ kind }) => kind)).toContain('seeds-changed')
    expect(store.events({ study: early.study.name }).map(({ kind }) => kind)).not.toContain(
      'protocol-changed',
    )
  })

  it('keeps runs that are no longer planned, last and marked, and takes them up again', () => {
    store.saveStudy(plan({ learning_rates: [1e-4, 1e-3] }))
    const narrowed = store.saveStudy(plan({ learning_rates: [1e-3, 1e-2] }))
    expect(narrowed.runsByState).toEqual({ queued: 4 })
    expect(rates(inPlanOrder())).toEqual([1e-3, 1e-3, 1e-2, 1e-2, 1e-4, 1e-4])
    expect(inPlanOrder().map(({ inPlan }) => inPlan)).toEqual([true, true, true, true, false, false])
    store.saveStudy(plan({ learning_rates: [1e-4] }))
    expect(inPlanOrder().map(({ inPlan }) => inPlan)).toEqual([true, true, false, false, false, false])
    expect(rates(inPlanOrder())).toEqual([1e-4, 1e-4, 1e-3, 1e-3, 1e-2, 1e-2])
  })

  it('queues failed and cancelled runs again and leaves results alone', () => {
    store.saveStudy(plan())
    const states = ['failed', 'cancelled', 'diverged', 'finished'] as const
    inPlanOrder().forEach(({ id }, i) => store.setState(id, states[i]!, 'because'))
    store.saveStudy(plan())
    expect(inPlanOrder().map(({ state }) => state)).toEqual(['queued', 'queued', 'diverged', 'finished'])
    expect(inPlanOrder()[0]).toMatchObject({ reason: null, finishedAt: null })
  })

  it('shares a run that another study has trained, in each one’s own words', () => {
    const asked = plan()
    store.saveStudy(asked)
    const [first] = inPlanOrder()
    store.begin(first!.id, START)
    store.end(first!.id, outcome())
    const renamed = asked.runs.map((run) => ({ ...run, task: 'digits' }))
    store.saveStudy({ ...plan({ name: 'again' }), runs: renamed })
    expect(store.countRuns()).toBe(4)
    expect(inPlanOrder('again')[0]).toMatchObject({ study: 'again', task: 'digits', state: 'finished' })
    expect(store.run(first!.id)).toMatchObject({ study: 'lr-sweep', task: 'mnist' })
    expect(store.run(first!.id, 'again')).toMatchObject({ study: 'again', task: 'digits' })
    expect(store.studiesOf(first!.id)).toEqual(['lr-sweep', 'again'])
  })

  it('keeps each configuration as it was asked for', () => {
    const asked = plan({ learning_rates: [3.16e-7, 0.01], seeds: [0, 7, 2 ** 40] })
    store.saveStudy(asked)
    expect(inPlanOrder().map(({ config }) => config)).toEqual(asked.runs.map(({ config }) => config))
  })

  it('counts the states of planned runs right after any changes', () => {
    const change = fc.oneof(
      fc.tuple(fc.constant('state' as const), fc.nat(7), fc.constantFrom(...RUN_STATES)),
      fc.tuple(
        fc.constant('save' as const),
        fc.constantFrom('a', 'b'),
        fc.subarray([1e-4, 1e-3, 1e-2, 1e-1]),
      ),
    )
    fc.assert(
      fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
        const fresh = openStore(':memory:')
        for (const one of changes) {
          if (one[0] === 'save') fresh.saveStudy(plan({ name: one[1], learning_rates: one[2] }))
          else if (one[1] < fresh.countRuns()) fresh.setState(fresh.runs()[one[1]]!.id, one[2])
        }
        for (const { name, runsByState } of fresh.studies()) {
          const planned = fresh.runs({ study: name }).filter(({ inPlan }) => inPlan)
          const counted: Record<string, number> = {}
          for (const { state } of planned) counted[state] = (counted[state] ?? 0) + 1
          expect(runsByState).toEqual(counted)
        }
        fresh.close()
      }),
      { numRuns: 60 },
    )
  })
})

describe('a run', () => {
  const id = (): string => inPlanOrder()[0]!.id
  beforeEach(() => {
    store.saveStudy(plan())
  })

  it('records its start, where it was trained, and its end', () => {
    store.begin(id(), START)
    expect(store.run(id())).toMatchObject({
      state: 'running',
      parametersTrained: 10,
      parametersTotal: 100,
      stepFlops: 6000,
      environment: ENVIRONMENT,
      finishedAt: null,
    })
    store.end(id(), {
      state: 'early-stopped',
      steps: 60,
      bestStep: 40,
      summary: { 'val/loss': 0.25 },
      reason: null,
    })
    const ended = store.run(id())!
    expect(ended).toMatchObject({
      state: 'early-stopped',
      steps: 60,
      bestStep: 40,
      summary: { 'val/loss': 0.25 },
    })
    expect(Date.parse(ended.finishedAt!)).toBeGreaterThanOrEqual(Date.parse(ended.startedAt!))
  })

  it('keeps scores that JSON has no word for', () => {
    const summary = { 'val/loss': NaN, 'val/accuracy': -0, 'train/loss': -Infinity, 'train/grad_norm': null }
    store.begin(id(), START)
    store.end(id(), outcome(summary))
    const back = store.run(id())!.summary
    expect(back).toEqual(summary)
    expect(Object.is(back['val/accuracy'], -0)).toBe(true)
  })

  it('keeps its first start when it is resumed, and a new one when it starts over', () => {
    const ticking = (): string => new Date(Date.parse(store.run(id())!.startedAt!)).toISOString()
    store.begin(id(), START)
    const start = ticking()
    while (new Date().toISOString() === start) void 0
    store.begin(id(), { ...START, fromStep: 10 })
    expect(store.run(id())).toMatchObject({ startedAt: start, steps: 10 })
    store.begin(id(), START)
    expect(store.run(id())!.startedAt).not.toBe(start)
  })

  it('logs what trains: how many numbers, their share, their parts and tensors', () => {
    const of = (name: string, shape: number[], part: ParameterPart, trained = true) => ({
      ...{ name, shape, part, trained },
    })
    const parameters = [
      of('in.weight', [4, 3], 'input'),
      of('h.0.ln.weight', [4], 'layer_norm'),
      of('h.0.ln.bias', [4], 'layer_norm'),
      of('h.0.mlp.weight', [4, 50], 'feed_forward', false),
    ]
    store.begin(id(), { ...START, parametersTrained: 20, parametersTotal: 220, parameters })
    expect(store.events({ run: id() }).at(-1)?.detail).toBe(
      'attempt 1, from step 0, on cpu; trains 20 of 220 parameters (9.09 %): input 12 in in.weight, layer_norm 8 in 2 tensors',
    )
  })

  it('that failed says why, and no longer does when it runs again', () => {
    store.begin(id(), START)
    store.end(id(), { state: 'failed', steps: 3, bestStep: null, summary: {}, reason: 'out of memory' })
    expect(store.run(id())).toMatchObject({ state: 'failed', reason: 'out of memory' })
    store.begin(id(), START)
    expect(store.run(id())).toMatchObject({ state: 'running', reason: null, finishedAt: null })
    expect(store.events({ run: id() }).map(({ kind, detail }) => `${kind}: ${detail}`)).toEqual([
      'started: attempt 1, from step 0, on cpu',
      'failed: out of memory',
      'started: attempt 2, from step 0, on cpu',
    ])
  })

  it('that is paused has no end yet', () => {
    store.begin(id(), START)
    store.end(id(), { state: 'paused', steps: 30, bestStep: null, summary: {}, reason: null })
    expect(store.run(id())).toMatchObject({ state: 'paused', steps: 30, finishedAt: null })
  })

  it('left running by a dead process is queued again', () => {
    const [one, two] = inPlanOrder()
    store.begin(one!.id, START)
    store.append(one!.id, [losses(1, 20)])
    store.begin(two!.id, START)
    store.end(two!.id, outcome())
    expect(store.recoverInterrupted()).toBe(1)
    expect(inPlanOrder().map(({ state }) => state)).toEqual(['queued', 'finished', 'queued', 'queued'])
    expect(store.run(one!.id)).toMatchObject({ steps: 20 })
    expect(store.events({ run: one!.id }).at(-1)).toMatchObject({ kind: 'interrupted' })
  })

  it('that does not exist is null to look up and refused by name to change', () => {
    expect(store.run('ffffffffffff')).toBeNull()
    expect(store.run(id(), 'other')).toBeNull()
    expect(() => store.setState('ffffffffffff', 'queued')).toThrow('no run "ffffffffffff"')
    expect(() => store.begin('ffffffffffff', START)).toThrow('no run "ffffffffffff"')
    expect(() => store.end('ffffffffffff', outcome())).toThrow('no run "ffffffffffff"')
  })
})

describe('the list of runs', () => {
  beforeEach(() => {
    store.saveStudy(plan({ learning_rates: [1e-4, 1e-3, 1e-2] }))
    store.saveStudy(plan({ name: 'later', learning_rates: [1e-2, 1e-1] }))
  })

  const pages = (query: Parameters<Store['runs']>[0]): RunRecord[] => {
    const seen: RunRecord[] = []
    for (;;) {
      const after = seen.at(-1)?.id
      const page = store.runs({ ...query, limit: 3, ...(after === undefined ? {} : { after }) })
      if (page.length === 0) return seen
      seen.push(...page)
    }
  }

  it('is newest first, each run once', () => {
    expect(rates(store.runs())).toEqual([1e-1, 1e-1, 1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-4])
    expect(store.countRuns()).toBe(8)
  })

  it('pages without gap or repeat, in either order', () => {
    expect(pages({})).toEqual(store.runs())
    expect(pages({ study: 'lr-sweep' })).toEqual(store.runs({ study: 'lr-sweep' }))
    expect(pages({ study: 'later', order: 'plan' })).toEqual(store.runs({ study: 'later', order: 'plan' }))
  })

  it('is filtered by study and state', () => {
    store.setState(inPlanOrder()[0]!.id, 'cancelled')
    expect(store.runs({ states: ['cancelled'] }).map(({ id }) => id)).toEqual([inPlanOrder()[0]!.id])
    expect(store.countRuns({ study: 'lr-sweep', states: ['queued', 'running'] })).toBe(5)
    expect(store.countRuns({ study: 'later', states: ['cancelled'] })).toBe(0)
    expect(store.runs({ states: [] })).toEqual([])
  })

  it('is counted by state, a run of two studies once', () => {
    store.setState(inPlanOrder()[0]!.id, 'cancelled')
    expect(store.countStates({ study: 'lr-sweep' })).toEqual({ queued: 5, cancelled: 1 })
    expect(store.countStates({ study: 'later' })).toEqual({ queued: 4 })
    expect(store.countStates()).toEqual({ queued: 7, cancelled: 1 })
  })

  it('refuses unknown studies and pages, and the order of a plan without a study', () => {
    expect(() => store.runs({ study: 'nope' })).toThrow('no study "nope"')
    expect(() => store.countRuns({ study: 'nope' })).toThrow('no study "nope"')
    expect(() => store.runs({ after: 'ffffffffffff' })).toThrow('no run "ffffffffffff"')
    expect(() => store.runs({ order: 'plan' })).toThrow('needs a study')
    expect(store.study('nope')).toBeNull()
  })
})

describe('events', () => {
  it('are kept in order and read on from any of them', () => {
    store.log({ study: 'a', run: null, kind: 'note', detail: 'one' })
    store.log({ study: 'b', run: 'r', kind: 'note', detail: 'two' })
    store.log({ study: 'a', run: 'r', kind: 'note', detail: 'three' })
    const details = (query?: Parameters<Store['events']>[0]): string[] =>
      store.events(query).map(({ detail }) => detail)
    expect(details()).toEqual(['one', 'two', 'three'])
    expect(details({ study: 'a' })).toEqual(['one', 'three'])
    expect(details({ run: 'r', study: 'b' })).toEqual(['two'])
    expect(details({ afterSeq: store.events()[0]!.seq, limit: 1 })).toEqual(['two'])
  })
})

describe('the version of a study', () => {
  it('is another one after whatever its conclusions may rest on, and no other study’s', () => {
    store.saveStudy(plan())
    store.saveStudy(plan({ name: 'other', seeds: [7] }))
    store.saveStudy(plan({ name: 'sharing', seeds: [0] }))
    const [first, second] = inPlanOrder()
    const versions = (): string[] => ['lr-sweep', 'other', 'sharing'].map((name) => store.version(name))
    const changedBy = (work: () => unknown): string[] => {
      const before = versions()
      work()
      const after = versions()
      expect(versions()).toEqual(after)
      return ['lr-sweep', 'other', 'sharing'].filter((_, i) => after[i] !== before[i])
    }
    const both = ['lr-sweep', 'sharing']
    expect(changedBy(() => store.begin(first!.id, START))).toEqual(both)
    expect(changedBy(() => store.append(first!.id, [losses(1, 2)]))).toEqual([])
    expect(changedBy(() => store.end(first!.id, outcome()))).toEqual(both)
    expect(changedBy(() => store.tagRuns('seen', [second!.id]))).toEqual([])
    expect(changedBy(() => store.setQueueOrder(['other', 'lr-sweep']))).toEqual([])
    expect(changedBy(() => store.setState(second!.id, 'cancelled'))).toContain('lr-sweep')
    expect(changedBy(() => store.revealTest('lr-sweep'))).toEqual(['lr-sweep'])
    expect(changedBy(() => store.saveStudy(plan({ seeds: [0, 1, 2] })))).toEqual(['lr-sweep'])
    expect(changedBy(() => store.log({ study: 'other', run: null, kind: 'info', detail: '' }))).toEqual([
      'other',
    ])
    expect(changedBy(() => store.archiveStudy('sharing', true))).toEqual(['sharing'])
    expect(changedBy(() => store.deleteStudy('other'))).toEqual(['other'])
    expect(store.version('other')).toBe('')
    expect(changedBy(() => store.restoreStudy('other'))).toEqual(['other'])
  })
})

describe('writes made together', () => {
  it('are all kept', () => {
    const id = store.together(() => {
      store.saveStudy(plan())
      store.begin(inPlanOrder()[0]!.id, START)
      return inPlanOrder()[0]!.id
    })
    expect(store.run(id)?.state).toBe('running')
  })

  it('are all undone when one fails', () => {
    expect(() =>
      store.together(() => {
        store.saveStudy(plan())
        store.setState('ffffffffffff', 'queued')
      }),
    ).toThrow('no run')
    expect(store.studies()).toEqual([])
    expect(store.countRuns()).toBe(0)
  })
})
