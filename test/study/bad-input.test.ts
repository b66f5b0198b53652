import { describe, expect, it } from 'vitest'
import { readStudy } from '../../src-main/study/read'

const BASE = 'name: s\ntask: mnist\nmodel: minilm-l6\n'
const STUDY_KEYS =
  'name, task, model, settings, learning_rates, extra_learning_rates, seeds, training, validation, test, selection, execution, overrides, start_from, notes'
const TRAINING_KEYS =
  'batch_size, max_steps, optimizer, weight_decay, momentum, betas, eps, schedule, warmup_steps, accumulate_steps, label_smoothing, grad_clip, dropout, shuffle'
const SETTING_NAMES =
  'frozen-pretrained, frozen-random, unfrozen-pretrained, unfrozen-random, output-only, output+ln, output+ln+input, frozen-statistics'
const TASK_KINDS =
  'bit-memory, bit-xor, listops, mnist, cifar10, cifar10-lra, remote-homology, idx-images, tensors'
const A_NAME =
  'a name of 1 to 100 visible characters, without / \\ : * ? " < > | and not starting or ending in a space or dot'

/** What a whole file says, and what its reader is told. */
const FILES: readonly (readonly [text: string, message: string])[] = [
  ['', `f:1: found nothing, expected a mapping with ${STUDY_KEYS}`],
  ['# only a comment\n', `f:1: found nothing, expected a mapping with ${STUDY_KEYS}`],
  ['just text', `f:1: found "just text", expected a mapping with ${STUDY_KEYS}`],
  ['- a\n- b\n', `f:1: found a list, expected a mapping with ${STUDY_KEYS}`],
  [
    'name: [\n',
    'f:2: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  ['name: s\n\ttask: mnist\n', 'f:2: not YAML: Tabs are not allowed as indentation'],
  ['a: 1\n---\nb: 2\n', 'f:2: found a second document, expected one only'],
  ['%YAML 1.1\n---\nname: s\n', 'f:1: found the directive %YAML 1.1, expected none'],
  ['name: !!str s\n', 'f:1: found the tag !!str, expected none'],
  [
    'x: &x {a: 1}\nname: s\n<<: *x\n',
    `f:1: task: missing, expected a task name or a mapping with a kind, or a list of them\nf:1: model: missing, expected a model name, {path: DIR} or {kind: gpt2, layers: 4, width: 128, heads: 4}, or a list of them\nf:1: x: unknown key, expected one of ${STUDY_KEYS}\nf:3: merge keys (<<) are refused, expected the keys themselves`,
  ],
  ['name: *nowhere\n', 'f:1: name: no anchor for the alias *nowhere'],
  ['name: s\u0000\n', 'f:1: found the character U+0000, expected text'],
  ['name: "\\ud800"\ntask: mnist\nmodel: m\n', `f:1: name: found "\\ud800", expected ${A_NAME}`],
  [
    'name: s\ntask: minst\nmodel: m\n',
    `f:2: task: found "minst", expected one of ${TASK_KINDS}; did you mean mnist?`,
  ],
  ['name: s\ntask: idx-images\nmodel: m\n', 'f:2: task.dir: missing, expected a path'],
  [
    'name: s\ntask: {kind: mnst}\nmodel: m\n',
    `f:2: task.kind: found "mnst", expected one of ${TASK_KINDS}; did you mean mnist?`,
  ],
  ['name: s\ntask: {patch: 7}\nmodel: m\n', `f:2: task.kind: missing, expected one of ${TASK_KINDS}`],
  [
    'name: s\ntask: {kind: mnist, patch: 5}\nmodel: m\n',
    'f:2: task.patch: found 5, expected a divisor of 28, the side of an image',
  ],
  [
    'name: s\ntask: {kind: remote-homology, batches: by-length, padding: attended}\nmodel: m\n',
    "f:2: task.batches: found by-length, expected mixed: with padding: attended the padding is seen, so that an example's length would depend on its batch",
  ],
  [
    'name: s\ntask:\n  kind: listops\n  fpt_loader: true\n  batches: by-length\nmodel: m\n',
    "f:5: task.batches: found by-length, expected mixed: with fpt_loader the padding is seen, so that an example's length would depend on its batch",
  ],
  ['name: s\ntask: {kind: mnist, ptch: 4}\nmodel: m\n', 'f:2: task.ptch: unknown key; did you mean patch?'],
  [
    'name: s\ntask: []\nmodel: m\n',
    'f:2: task: found an empty list, expected a task name or a mapping with a kind, or a list of them, not an empty one',
  ],
  ['name: s\ntask: [mnist, mnist]\nmodel: m\n', 'f:2: task.1: the task mnist patch=4 is there twice'],
  [
    'name: s\ntask: 5\nmodel: m\n',
    'f:2: task: found 5, expected a task name or a mapping with a kind, or a list of them',
  ],
  [
    'name: s\ntask: mnist\nmodel: {kind: gpt2, layers: 2, width: 10, heads: 3}\nsettings: [frozen-random]\n',
    'f:3: model.heads: found 3, expected a divisor of the width 10',
  ],
  [
    'name: s\ntask: mnist\nmodel: {kind: gpt2, layers: 2, width: 12, heads: 3}\n',
    'f:3: model: a random trunk has no pretrained weights for the setting frozen-pretrained; expected only settings with init random',
  ],
  [
    'name: s\ntask: mnist\nmodel: {kind: gtp2, layers: 2, width: 12, heads: 3}\n',
    'f:3: model.kind: found "gtp2", expected one of gpt2, bert, roberta, vit, lstm, fpt_lnlstm; did you mean gpt2?',
  ],
  ['name: s\ntask: mnist\nmodel: {path: }\n', 'f:3: model.path: found nothing, expected a path'],
  [
    'name: s\ntask: mnist\nmodel: {kind: lstm, layers: 2, width: 12, heads: 3}\nsettings: [frozen-random]\n',
    'f:3: model.heads: unknown key, expected one of kind, name, layers, width',
  ],
  [
    'name: s\ntask: mnist\nmodel: {path: x, layers: 0}\n',
    'f:3: model.layers: found 0, expected a whole number from 1 to 1000',
  ],
  [
    'name: s\ntask: mnist\nmodel: {pth: x}\n',
    'f:3: model.path: missing, expected a path\nf:3: model.pth: unknown key; did you mean path?',
  ],
  ['name: a/b\ntask: mnist\nmodel: m\n', `f:1: name: found "a/b", expected ${A_NAME}`],
  ['name: ""\ntask: mnist\nmodel: m\n', `f:1: name: found "", expected ${A_NAME}`],
  ['name: 5\ntask: mnist\nmodel: m\n', `f:1: name: found 5, expected ${A_NAME} (write it in quotes)`],
  ['name: " a"\ntask: mnist\nmodel: m\n', `f:1: name: found " a", expected ${A_NAME}`],
  ['name: "a\\u202eb"\ntask: mnist\nmodel: m\n', `f:1: name: found "a\\u{202e}b", expected ${A_NAME}`],
  ['name: ..\ntask: mnist\nmodel: m\n', `f:1: name: found "..", expected ${A_NAME}`],
  [
    'name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\ntask: mnist\nmodel: m\n',
    `f:1: name: found "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\u2026, expected ${A_NAME}`,
  ],
  [
    'name: s\n',
    'f:1: task: missing, expected a task name or a mapping with a kind, or a list of them\nf:1: model: missing, expected a model name, {path: DIR} or {kind: gpt2, layers: 4, width: 128, heads: 4}, or a list of them',
  ],
]

/** What follows a name, a task and a model; the fourth line of its file. */
const ENTRIES: readonly (readonly [text: string, message: string])[] = [
  ['name: t\n', 'f:4: the key name is there twice'],
  ['training: {batch_size: 8, batch_size: 9}\n', 'f:4: training: the key batch_size is there twice'],
  ['__proto__: {a: 1}\n', 'f:4: the key __proto__ is refused'],
  ['{a: 1}: 2\n', 'f:4: found a list or mapping as a key, expected a word'],
  ['seedz: [0]\n', 'f:4: seedz: unknown key; did you mean seeds?'],
  ['wholly_else: 1\n', `f:4: wholly_else: unknown key, expected one of ${STUDY_KEYS}`],
  ['training: {batchsize: 8}\n', 'f:4: training.batchsize: unknown key; did you mean batch_size?'],
  [
    'training: {batch_size: 0}\n',
    'f:4: training.batch_size: found 0, expected a whole number from 1 to 65536',
  ],
  [
    'training: {batch_size: "8"}\n',
    'f:4: training.batch_size: found "8", expected a whole number from 1 to 65536 (write it without quotes)',
  ],
  [
    'training: {batch_size: 99999999999999999999}\n',
    'f:4: training.batch_size: found 1e20, expected a whole number from 1 to 65536',
  ],
  [
    'training: {max_steps: 1_000}\n',
    'f:4: training.max_steps: found "1_000", expected a whole number from 1 to 1000000000 (write it without _)',
  ],
  [
    'training: {max_steps: .inf}\n',
    'f:4: training.max_steps: found Infinity, expected a whole number from 1 to 1000000000',
  ],
  [
    'training: {grad_clip: .nan}\n',
    'f:4: training.grad_clip: found NaN, expected a number from 0 to 1000000',
  ],
  ['training: {dropout: 1}\n', 'f:4: training.dropout: found 1, expected a number from 0 to below 1'],
  [
    'training: {shuffle: no}\n',
    'f:4: training.shuffle: found "no", expected true or false (YAML 1.2 knows only true and false)',
  ],
  [
    'training: {optimizer: adm}\n',
    'f:4: training.optimizer: found "adm", expected one of adam, adamw, sgd; did you mean adam?',
  ],
  [
    'training: {optimizer: adamw, momentum: 0.9}\n',
    'f:4: training.momentum: found momentum 0.9, which adamw has no use for; expected 0, or optimizer: sgd',
  ],
  [
    'training: {optimizer: sgd, betas: [0.9, 0.99]}\n',
    'f:4: training.betas: found betas 0.9,0.99, which sgd has no use for; expected 0.9,0.999, or optimizer: adam',
  ],
  [
    'training: {optimizer: sgd, momentum: 0.9}\noverrides: [{task: mnist, training: {optimizer: adam}}]\n',
    'f:5: overrides.0.training: found momentum 0.9, which adam has no use for; expected 0, or optimizer: sgd',
  ],
  [
    'training: {accumulate_steps: 3}\n',
    'f:4: training.accumulate_steps: found 3 parts of a batch, expected a divisor of batch_size, 8',
  ],
  [
    'training: {warmup_steps: 100}\noverrides: [{task: mnist, training: {max_steps: 100}}]\n',
    'f:5: overrides.0.training: found 100 steps of warm-up, expected fewer than max_steps, 100',
  ],
  [
    'training: {betas: [0.9]}\n',
    'f:4: training.betas: found a list, expected two numbers from 0 to below 1 such as [0.9, 0.999]',
  ],
  ['training:\n', `f:4: training: found nothing, expected a mapping with ${TRAINING_KEYS}`],
  ['training: 8\n', `f:4: training: found 8, expected a mapping with ${TRAINING_KEYS}`],
  ['validation: {fraction: 1}\n', 'f:4: validation.fraction: found 1, expected a number from 0 to below 1'],
  [
    'validation: {examples: 0}\n',
    'f:4: validation.examples: found 0, expected all, or a whole number from 1 to 1000000000',
  ],
  [
    'validation: {examples: al}\n',
    'f:4: validation.examples: found "al", expected all, or a whole number from 1 to 1000000000; did you mean all?',
  ],
  [
    'validation: {every: -1}\n',
    'f:4: validation.every: found -1, expected a whole number from 1 to 1000000000',
  ],
  [
    'validation: {metric: acuracy}\n',
    'f:4: validation.metric: found "acuracy", expected one of accuracy, loss; did you mean accuracy?',
  ],
  [
    'test: {examples: some}\n',
    'f:4: test.examples: found "some", expected all, or a whole number from 1 to 1000000000',
  ],
  ['settings: frozen-pretrained\n', 'f:4: settings: found "frozen-pretrained", expected a list of settings'],
  ['settings: []\n', 'f:4: settings: found an empty list, expected a list of settings, not an empty one'],
  [
    'settings: [frozen-pretraind]\n',
    `f:4: settings.0: found "frozen-pretraind", expected one of ${SETTING_NAMES}, or {name, init, train}; did you mean frozen-pretrained?`,
  ],
  [
    'settings: [frozen-random, Frozen-Random]\n',
    `f:4: settings.1: found "Frozen-Random", expected one of ${SETTING_NAMES}, or {name, init, train}; did you mean frozen-random?`,
  ],
  ['settings: [frozen-random, frozen-random]\n', 'f:4: settings.1: the setting frozen-random is there twice'],
  [
    'settings: [{name: a, init: random, train: []}]\n',
    'f:4: settings.0.train: found an empty list, expected a list of parts such as [input, output, layer_norm], not an empty one',
  ],
  [
    'settings: [{name: a, init: fresh, train: [input]}]\n',
    'f:4: settings.0.init: found "fresh", expected one of pretrained, random, statistics',
  ],
  [
    'settings: [{name: a, init: random, train: [inputs]}]\n',
    'f:4: settings.0.train.0: found "inputs", expected one of input, output, layer_norm, positions, attention, feed_forward, or last_layers: 2; did you mean input?',
  ],
  [
    'settings: [{name: a, init: random, train: [input, input]}]\n',
    'f:4: settings.0.train.1: the entry input is there twice',
  ],
  [
    'settings: [{name: frozen-random, init: random, train: [input]}]\n',
    'f:4: settings.0.name: found "frozen-random", which means something else already; expected another name',
  ],
  [
    'settings: [frozen-random, {name: mine, init: random, train: [positions, output, input, layer_norm]}]\n',
    'f:4: settings.1: trains the same as frozen-random',
  ],
  [
    'settings: [{name: a, init: random, train: [last_layers: 0]}]\n',
    'f:4: settings.0.train.0.last_layers: found 0, expected a whole number from 1 to 1000',
  ],
  [
    'learning_rates: 1e-3\n',
    'f:4: learning_rates: found 1e-3, expected a list of learning rates such as [1e-4, 1e-3], or {from: 1e-6, to: 1e-2, per_decade: 1}',
  ],
  [
    'learning_rates: []\n',
    'f:4: learning_rates: found an empty list, expected a list of learning rates such as [1e-4, 1e-3], not an empty one',
  ],
  ['learning_rates: [1e-3, 0.001]\n', 'f:4: learning_rates.1: the rate 1e-3 is there twice'],
  ['learning_rates: [1.0001e-3, 1e-3]\n', 'f:4: learning_rates.1: the rate 1e-3 is there twice'],
  ['learning_rates: [0]\n', 'f:4: learning_rates.0: found 0, expected a number from 1e-12 to 1e+30'],
  [
    'learning_rates: ["1e-3"]\n',
    'f:4: learning_rates.0: found "1e-3", expected a number from 1e-12 to 1e+30 (write it without quotes)',
  ],
  ['learning_rates: [-1e-3]\n', 'f:4: learning_rates.0: found -1e-3, expected a number from 1e-12 to 1e+30'],
  [
    'learning_rates: {from: 1e-2, to: 1e-5}\n',
    'f:4: learning_rates.from: found 1e-2, expected at most to, 1e-5',
  ],
  [
    'learning_rates: {from: 1e-5}\n',
    'f:4: learning_rates.to: missing, expected a number from 1e-12 to 1e+30',
  ],
  [
    'learning_rates: {from: 1e-5, to: 1e-2, per_decade: 0.5}\n',
    'f:4: learning_rates.per_decade: found 0.5, expected a whole number from 1 to 100',
  ],
  [
    'learning_rates: {from: 1e-3, to: 1e-3, count: 2}\n',
    'f:4: learning_rates.count: found 2, expected at most 1: so many different rates of 3 digits were found from 1e-3 to 1e-3',
  ],
  [
    'learning_rates: {from: 1e-2, to: 1e-5, count: 2}\n',
    'f:4: learning_rates.from: found 1e-2, expected at most to, 1e-5',
  ],
  [
    'learning_rates: {form: 1e-5, to: 1e-2}\n',
    'f:4: learning_rates.from: missing, expected a number from 1e-12 to 1e+30\nf:4: learning_rates.form: unknown key; did you mean from?',
  ],
  [
    'extra_learning_rates: {unfrozen-pretraind: [1e-7]}\n',
    'f:4: extra_learning_rates.unfrozen-pretraind: no such setting in this study, expected one of frozen-pretrained, frozen-random, unfrozen-pretrained, unfrozen-random; did you mean unfrozen-pretrained?',
  ],
  [
    'extra_learning_rates: {constructor: [1e-7]}\n',
    'f:4: extra_learning_rates.constructor: no such setting in this study, expected one of frozen-pretrained, frozen-random, unfrozen-pretrained, unfrozen-random',
  ],
  [
    'extra_learning_rates: {unfrozen-random: [1e-3]}\n',
    'f:4: extra_learning_rates.unfrozen-random.0: 1e-3 is one of learning_rates already',
  ],
  [
    'extra_learning_rates: {unfrozen-random: 1e-7}\n',
    'f:4: extra_learning_rates.unfrozen-random: found 1e-7, expected a list of learning rates such as [1e-4, 1e-3]',
  ],
  ['seeds: 3\n', 'f:4: seeds: found 3, expected a list of seeds such as [0, 1, 2]'],
  ['seeds: [0, 0]\n', 'f:4: seeds.1: the seed 0 is there twice'],
  ['seeds: [0.5]\n', 'f:4: seeds.0: found 0.5, expected a whole number from 0 to 2147483647'],
  ['seeds: [2147483648]\n', 'f:4: seeds.0: found 2147483648, expected a whole number from 0 to 2147483647'],
  ['seeds: [-1]\n', 'f:4: seeds.0: found -1, expected a whole number from 0 to 2147483647'],
  [
    'overrides: [{training: {max_steps: 5}}]\n',
    'f:4: overrides.0: names neither a task nor a model, expected at least one',
  ],
  ['overrides: [{task: mnist}]\n', 'f:4: overrides.0: changes nothing, expected training or validation'],
  [
    'overrides: [{task: listops, training: {max_steps: 5}}]\n',
    'f:4: overrides.0.task: found "listops", expected a task of this study: mnist',
  ],
  [
    'overrides: [{setting: frozen-random, training: {max_steps: 5}}]\n',
    'f:4: overrides.0.setting: found a setting, expected task or model: the settings of a study are compared under one protocol',
  ],
  [
    'overrides: [{task: mnist, training: {max_step: 5}}]\n',
    'f:4: overrides.0.training.max_step: unknown key; did you mean max_steps?',
  ],
  [
    'execution: {precision: float16}\n',
    'f:4: execution.precision: found "float16", expected one of float32, bf16, tf32; did you mean float32?',
  ],
  [
    'execution: {isolation: container}\n',
    'f:4: execution.isolation: found "container", expected one of thread, process',
  ],
  ['start_from: ""\n', 'f:4: start_from: found "", expected a path'],
]

const messageFor = (text: string): string => {
  try {
    readStudy(text, 'f')
  } catch (error) {
    return (error as Error).message
  }
  return 'no error'
}

describe('a file that cannot be read as a study', () => {
  it.each(FILES)('%j', (text, message) => {
    expect(messageFor(text)).toBe(message)
  })
})

describe('a study with a wrong entry', () => {
  it.each(ENTRIES)('%j', (text, message) => {
    expect(messageFor(BASE + text)).toBe(message)
  })
})
