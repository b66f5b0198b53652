import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toTex } from '../../src-main/reports/latex'
import { writeReport } from '../../src-main/reports/report'
import { readPdf } from './read-pdf'
import { aSource } from './source'

const compiler = ['tectonic', 'pdflatex'].find((name) => spawnSync(name, ['--version']).status === 0)
if (!compiler)
  process.stdout.write('SKIPPED: neither tectonic nor pdflatex is here, so no LaTeX is compiled\n')

/** Some installations have the engine without what it loads fonts with. */
const hasLuaLatex =
  spawnSync('lualatex', ['--version']).status === 0 &&
  spawnSync('kpsewhich', ['luaotfload-main.lua']).status === 0

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'fairsweep-latex-'))))
afterEach(() => rmSync(folder, { recursive: true }))

describe('toTex', () => {
  it('escapes what LaTeX would take for a command, a comment or mathematics', () => {
    expect(toTex('50% of a_b & {x} #1 $2 ^3 ~4 \\foo [5]')).toBe(
      '50\\% of a\\_b \\& \\{x\\} \\#1 \\$2 \\textasciicircum{}3 \\textasciitilde{}4 \\textbackslash{}foo {[}5{]}',
    )
  })

  it('writes signs of tables and Greek letters in mathematics', () => {
    expect(toTex('−0.5 ± 0.1† αΩ')).toBe('$-$0.5 $\\pm$ 0.1$^{\\dagger}$ $\\alpha$$\\Omega$')
  })

  it('gives letters that the usual fonts lack to the engines that have them, their code points to the others', () => {
    expect(toTex('a 漢字 Ж')).toBe(
      'a \\fairsweepletters{{[}U+6F22{]}{[}U+5B57{]}}{漢字} \\fairsweepletters{{[}U+0416{]}}{Ж}',
    )
    expect(toTex('\ud83d')).toBe('{[}U+D83D{]}')
  })

  it('lets no line end or unescaped percent sign through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(toTex(text)).not.toMatch(/[\n\r]|(^|[^\\])%/)
      }),
    )
  })
})

describe('the LaTeX report', () => {
  const compile = (file: string): string => {
    const args =
      compiler === 'tectonic'
        ? [file]
        : ['-interaction=nonstopmode', '-halt-on-error', '-no-shell-escape', file]
    return execFileSync(compiler ?? '', args, { cwd: folder, encoding: 'utf8' })
  }

  it.runIf(compiler)(
    'compiles with its tables, figures and a name full of special characters',
    { timeout: 60_000 },
    async () => {
      const study = { ...aSource().study, name: 'a_b & 50% {#1} $x^2 ~ \\foo "µ" 学 <é>' }
      await writeReport({ ...aSource(), study }, folder, { formats: ['latex'], figures: ['pdf'] })
      compile('tables.tex')
      expect(existsSync(join(folder, 'tables.pdf'))).toBe(true)
    },
  )

  it.runIf(hasLuaLatex)(
    'compiles with LuaLaTeX too, and there the letters are letters',
    { timeout: 60_000 },
    async () => {
      const study = { ...aSource().study, name: 'αβ Ж' }
      await writeReport({ ...aSource(), study }, folder, { formats: ['latex'], figures: [] })
      const log = execFileSync('lualatex', ['-interaction=nonstopmode', '-halt-on-error', 'tables.tex'], {
        cwd: folder,
        encoding: 'utf8',
      })
      expect(log).not.toContain('Missing character')
      const text = (await readPdf(readFileSync(join(folder, 'tables.pdf')))).pages.join(' ')
      expect(text).toContain('Ж')
      expect(text).not.toContain('U+0416')
    },
  )

  it('puts every cell on a line with its key and its runs', async () => {
    await writeReport(aSource(), folder, { formats: ['latex'], figures: [] })
    const table = readFileSync(join(folder, 'table-results.tex'), 'utf8')
    expect(table).toContain('\\toprule')
    expect(table).toContain(
      '    & \\textbf{68.0 $\\pm$ 0.6} % cell test/mnist/minilm-l6/unfrozen-pretrained runs mnist/unfrozen-pretrained/1.00e-4/0,',
    )
    expect(readFileSync(join(folder, 'tables.tex'), 'utf8')).toContain('\\input{table-results}')
  })
})
