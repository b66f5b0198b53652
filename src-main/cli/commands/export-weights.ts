import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { z } from 'zod'
import { openWorkbench } from '../../workbench'
import type { CommandLine, Invocation } from '../command-line'
import type { weightsSchema } from '../documents'
import { EXIT } from '../exit'
import { transferDisplay } from '../transfer-display'

export function addExportWeights(line: CommandLine): void {
  line
    .add(
      'export-weights <run>',
      "a complete run's trunk as a Hugging Face directory, input and output layers beside it",
      exportWeights,
    )
    .requiredOption('--out <dir>', 'the new folder')
}

/** Only reads the workspace, so that it needs no owner and can be done beside one. */
async function exportWeights(
  { terminal, workspace }: Invocation,
  { out }: { out: string },
  run = '',
): Promise<number> {
  const folder = resolve(out)
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  const display = transferDisplay(terminal, 'writing')
  try {
    for await (const { done, of } of workbench.weights.export(run, folder)) display.show({ done, of })
    display.end()
    const files = (await readdir(folder)).sort()
    terminal.print(`the weights of run ${run} are in ${folder}`)
    terminal.document({ run, folder, files } satisfies z.infer<typeof weightsSchema>)
    return EXIT.done
  } finally {
    display.end()
    await workbench.close()
  }
}
