/**
 * Who may know whom. A room is a folder of src-main or src-renderer, or a file directly in one of them. Each lists
 * the rooms whose values it may import ("room", or "room/file" for one file of it). Types of the seams are free.
 */

/** Pure words of the whole house: values and types free for everybody. */
const FREE = ['src-main/run', 'src-main/errors']

/** The agreed seams between rooms: their types are free, their values are not. */
const SEAMS = [
  'src-main/study/study',
  'src-main/tasks/task',
  'src-main/models/network',
  'src-main/training/messages',
  'src-main/engine/describe',
  'src-main/store/store',
  'src-main/workbench',
]

const ROOMS = {
  'src-main/engine': ['installation'],
  'src-main/tensor-files': [],
  'src-main/models': ['engine', 'tensor-files'],
  'src-main/tasks': ['engine', 'tensor-files'],
  'src-main/weights': ['engine', 'models', 'tensor-files', 'installation'],
  'src-main/training': ['engine', 'models', 'tensor-files', 'tasks', 'weights/kept-file', 'installation'],
  'src-main/study': [],
  'src-main/filter': [],
  'src-main/store': ['filter', 'study/changes', 'study/later-options'],
  'src-main/queue': [],
  'src-main/library': [
    ...['models', 'tensor-files', 'tasks', 'study', 'installation'],
    'workspace/process-mark',
  ],
  'src-main/analysis': ['study/rates', 'study/settings'],
  'src-main/reports': ['analysis', 'study', 'store', 'installation', 'src-renderer/charts'],
  'src-main/imports': ['study', 'reports/export-schema'],
  'src-main/workspace': ['installation'],
  'src-main/forecast': ['library', 'queue', 'study', 'analysis', 'filter', 'installation'],
  'src-main/conclude': ['analysis', 'library', 'study'],
  'src-main/workbench': [
    ...[
      'conclude',
      'engine/binding',
      'study',
      'store',
      'queue',
      'library',
      'analysis',
      'reports',
      'imports',
      'forecast',
    ],
    ...['weights', 'workspace', 'installation'],
  ],
  'src-main/api': [
    ...['analysis', 'filter', 'study', 'reports', 'imports', 'library', 'forecast', 'workspace'],
    'installation',
  ],
  'src-main/cli': [
    ...['analysis', 'api', 'engine', 'filter', 'forecast', 'imports', 'library', 'reports', 'store', 'study'],
    ...['workbench', 'workspace', 'installation'],
  ],
  'src-main/installation': [],
  'src-main/electron': ['api', 'workbench', 'workspace', 'queue/notice', 'queue/channel', 'installation'],
  'src-main/answer': ['api', 'workbench'],
  'src-main/preload': ['api'],
  // Everything in the renderer is one room: it takes types of any kind and these pure functions from src-main.
  'src-renderer': [
    'analysis',
    'filter',
    'queue/notice',
    'reports/figure-fonts',
    'reports/figure-id',
    'reports/figure-look',
    'reports/formats',
    'study/defaults',
    'study/rates',
    'study/settings',
    'study/write',
  ],
}

/** Libraries that only one room knows: the pattern of the specifier, and the files that may import it. */
const LIBRARIES = [
  {
    name: 'Electron',
    specifier: /^electron$/,
    files: /^src-main\/(electron|electron\/[a-z-]+|preload|api\/ipc)\.ts$/,
  },
  {
    name: 'SQLite',
    specifier: /^better-sqlite3$/,
    files: /^(src-main\/(store|imports\/mlflow-database)|test)[/.]/,
  },
  { name: 'The tensor library', specifier: /^@tensorflow\//, files: /^(src-main\/engine|test)\// },
  // Rooms that do no I/O, and the browser, have no Node.
  { name: 'Node', specifier: /^node:/, files: /^(?!src-main\/analysis\/|src-renderer\/)/ },
]

const BAD_NAMES = /(^|\/)(utils?|helpers?|misc|common|managers?)(\/|\.|$)/i

/**
 * @param {string} file below the root, with or without extension
 * @returns {string} the room that the file is in, or is
 */
function roomOf(file) {
  const [top = '', second = ''] = file.split('/')
  return top === 'src-renderer' ? top : `${top}/${second.replace(/\.ts$/, '')}`
}

/**
 * @param {string} from the importing file, below the root
 * @param {string} target the imported file, below the root, without extension
 * @param {boolean} typeOnly
 * @returns {string | null} the rule that the import breaks
 */
export function breach(from, target, typeOnly) {
  const here = roomOf(from)
  const there = roomOf(target)
  if (here === there || FREE.includes(target)) return null
  if (typeOnly && (here === 'src-renderer' || SEAMS.includes(target))) return null
  const allowed = /** @type {Record<string, string[]>} */ (ROOMS)[here]
  if (allowed === undefined) return `${here} is not in the table of rooms (lint/house.js)`
  const full = allowed.map((name) => (name.startsWith('src-') ? name : `src-main/${name}`))
  if (full.some((name) => target === name || target.startsWith(`${name}/`) || there === name)) return null
  const list = allowed.length === 0 ? 'no other room' : allowed.join(', ')
  return `${here} may import values from ${list}, and types of the seams; this is ${target}`
}

/** @param {string} path with . and .. in it */
function normalize(path) {
  /** @type {string[]} */
  const parts = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  return parts.join('/')
}

/** @type {import('eslint').Rule.RuleModule} */
const layers = {
  meta: { type: 'problem', schema: [], messages: { breach: '{{ rule }}.' } },
  create(context) {
    const file = context.filename.slice(context.cwd.length + 1).replaceAll('\\', '/')
    const inHouse = /^src-(main|renderer)\//.test(file)

    /**
     * @param {any} node
     * @param {unknown} specifier
     * @param {boolean} typeOnly
     */
    function check(node, specifier, typeOnly) {
      if (typeof specifier !== 'string') return
      const library = LIBRARIES.find((one) => one.specifier.test(specifier))
      if (library !== undefined && inHouse && !library.files.test(file)) {
        const rule = `${library.name} (${specifier}) may not be imported here: see LIBRARIES in lint/house.js`
        context.report({ node, messageId: 'breach', data: { rule } })
      }
      if (!specifier.startsWith('.') || !inHouse) return
      const target = normalize(`${file}/../${specifier}`)
        .replace(/\.(ts|js|vue)$/, '')
        .replace(/\/index$/, '')
      const rule = breach(file, target, typeOnly)
      if (rule !== null) context.report({ node, messageId: 'breach', data: { rule } })
    }

    /** @param {any} node */
    const onlyTypes = (node) =>
      node.importKind === 'type' ||
      node.exportKind === 'type' ||
      (node.specifiers?.length > 0 &&
        node.specifiers.every(
          (/** @type {any} */ one) => one.importKind === 'type' || one.exportKind === 'type',
        ))

    return {
      Program(node) {
        if (!BAD_NAMES.test(file)) return
        const rule = `${file} says nothing by its name: call it after what it does`
        context.report({ node, messageId: 'breach', data: { rule } })
      },
      ImportDeclaration: (node) => check(node, node.source.value, onlyTypes(node)),
      ExportNamedDeclaration: (node) => check(node, node.source?.value, onlyTypes(node)),
      ExportAllDeclaration: (node) => check(node, node.source.value, onlyTypes(node)),
      ImportExpression: (node) => check(node, /** @type {any} */ (node.source).value, false),
    }
  },
}

export const house = { rules: { layers } }
