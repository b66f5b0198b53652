import { output } from './command.js'

/** What must be on the machine before set-up can do anything, and what to install when it is not. */

const OLDEST_NODE = [20, 19]

/**
 * @param {string} version as in process.versions.node
 * @returns {string | null} the problem, or null
 */
export function nodeProblem(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [needMajor = 0, needMinor = 0] = OLDEST_NODE
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return null
  return `Node ${OLDEST_NODE.join('.')} or newer is needed, and this is ${version}. Install a current Node and try again.`
}

const INSTALL = {
  linux: {
    python: 'Debian, Ubuntu: apt install python3 python3-pip · Fedora: dnf install python3 python3-pip',
    compiler: 'Debian, Ubuntu: apt install build-essential · Fedora: dnf install gcc-c++ make',
  },
  darwin: { python: 'xcode-select --install', compiler: 'xcode-select --install' },
  other: { python: 'install Python 3 with pip', compiler: 'install a C++ compiler and make' },
}

/**
 * @typedef {{ python: string | null, compiler: string | null, problems: readonly string[] }} Tools
 *   `python`: a Python 3 with pip; null where there is none
 */

/**
 * Looks for Python 3 with pip and for a C++ compiler with make.
 * @param {(program: string, args: readonly string[]) => string | null} probe
 * @returns {Tools}
 */
export function findTools(probe = output) {
  const install =
    INSTALL[process.platform === 'linux' || process.platform === 'darwin' ? process.platform : 'other']
  const problems = []

  const candidates = [process.env.PYTHON, 'python3', 'python'].filter(
    (name) => name !== undefined && name !== '',
  )
  const pythons = candidates.filter((name) => /^Python 3\./.test(probe(String(name), ['--version']) ?? ''))
  const python = pythons.find((name) => probe(String(name), ['-m', 'pip', '--version']) !== null) ?? null
  if (python === null) {
    const missing = pythons.length === 0 ? 'Python 3 is missing' : 'Python 3 is there, but its pip is missing'
    problems.push(`${missing} (${install.python})`)
  }

  const compilers = [process.env.CXX, 'c++', 'g++', 'clang++'].filter(
    (name) => name !== undefined && name !== '',
  )
  const found = compilers.find((name) => probe(String(name), ['--version']) !== null) ?? null
  const make = probe('make', ['--version']) !== null
  if (found === null || !make) {
    const missing = [found === null ? 'a C++ compiler' : '', make ? '' : 'make'].filter(Boolean).join(' and ')
    problems.push(`${missing} ${found === null && !make ? 'are' : 'is'} missing (${install.compiler})`)
  }
  return { python, compiler: make ? found : null, problems }
}
