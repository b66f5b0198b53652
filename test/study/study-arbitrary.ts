import fc from 'fast-check'

/** Any study file that is right, as the values that YAML would give; generated tasks and models need no data. */
export const studyFileArbitrary = fc
  .record(
    {
      name: fc.stringMatching(/^[a-zäπ][a-z0-9 _.é-]{0,20}[a-z0-9]$/),
      task: fc.oneof(
        fc.constant('mnist'),
        fc.constantFrom(1, 2, 4, 7, 14, 28).map((patch) => ({ kind: 'mnist', patch })),
        fc.constant([
          { kind: 'mnist', patch: 4 },
          { kind: 'mnist', patch: 7 },
        ]),
        fc.constant([
          { kind: 'mnist', name: 'digits' },
          { kind: 'idx-images', dir: 'fashion' },
        ]),
      ),
      model: fc.oneof(
        fc.constant('minilm-l6'),
        fc.constant({ path: 'models/one' }),
        fc.constant(['minilm-l6', { path: '../two', name: 'two' }]),
      ),
      settings: fc.shuffledSubarray(
        [
          'frozen-pretrained',
          'frozen-random',
          'unfrozen-pretrained',
          'unfrozen-random',
          'output-only',
          'output+ln',
          { name: 'ln-only', init: 'pretrained', train: ['layer_norm'] },
          { name: 'tail', init: 'random', train: ['input', 'output', { last_layers: 2 }] },
        ],
        { minLength: 1 },
      ),
      learning_rates: fc.oneof(
        fc.uniqueArray(
          fc.integer({ min: 100, max: 999 }).map((digits) => Number(`${digits}e-6`)),
          { minLength: 1 },
        ),
        fc.record({
          from: fc.constantFrom(1e-7, 2e-6, 1e-5),
          to: fc.constantFrom(1e-5, 1e-3, 5e-2),
          per_decade: fc.integer({ min: 1, max: 5 }),
        }),
      ),
      seeds: fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 5 }),
      training: fc.record(
        {
          batch_size: fc.integer({ min: 1, max: 65_536 }),
          max_steps: fc.integer({ min: 1, max: 1e9 }),
          optimizer: fc.constant('adam'),
          grad_clip: fc.double({ min: 0, max: 10, noNaN: true }),
          dropout: fc.double({ min: 0, max: 0.9, noNaN: true }),
          shuffle: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
      validation: fc.record(
        {
          fraction: fc.double({ min: 0, max: 0.9, noNaN: true }),
          seed: fc.integer({ min: 0, max: 1000 }),
          examples: fc.oneof(fc.constant('all'), fc.integer({ min: 1, max: 1e9 })),
          every: fc.integer({ min: 1, max: 1e9 }),
          patience: fc.integer({ min: 1, max: 1e9 }),
          metric: fc.constantFrom('accuracy', 'loss'),
        },
        { requiredKeys: [] },
      ),
      test: fc.record({ examples: fc.integer({ min: 1, max: 1e9 }) }, { requiredKeys: [] }),
      selection: fc.record(
        {
          metric: fc.constantFrom('accuracy', 'loss'),
          seeds: fc.constantFrom('mean', 'median'),
          tie: fc.constantFrom('lowest-rate', 'highest-rate'),
          diverged: fc.constantFrom('exclude-arm', 'as-chance'),
        },
        { requiredKeys: [] },
      ),
      // One line: of several the library that writes these files loses some.
      notes: fc.oneof(fc.constant(null), fc.stringMatching(/^[ -~]{0,60}$/)),
    },
    { requiredKeys: ['name', 'task', 'model'] },
  )
  .map((file) => JSON.parse(JSON.stringify(file)) as Record<string, unknown>)

/** The same mapping with every key in another place, all the way down. */
export function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, reordered(field)]),
  )
}
