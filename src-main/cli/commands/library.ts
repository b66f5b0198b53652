import type { InstalledData, InstalledModel } from '../../library/library'
import { openWorkbench } from '../../workbench'
import type { Workbench } from '../../workbench'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
import { bytesText, tableText } from '../words'

export function addLibrary(line: CommandLine): void {
  const models = line.add('models', 'what is installed, its files checked', listModels)
  line
    .add('add <dir>', 'copies a Hugging Face directory into the workspace', addModel, models)
    .option('--name <name>', "what studies call it; default: the folder's name")
  line.add('remove <name>', 'removes a model that was added', removeModel, models)
  const data = line.add('data', 'the data sets that are installed, their files checked', listData)
  line
    .add('add <dir>', "copies a folder with four files in MNIST's format into the workspace", addData, data)
    .option('--name <name>', "what it is called; default: the folder's name")
  line.add('remove <name>', 'removes a data set that was added', removeData, data)
}

/** The library needs no owner: what it changes are folders of their own. */
async function withLibrary(
  { workspace }: Invocation,
  work: (library: Workbench['library']) => Promise<void>,
): Promise<number> {
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    await work(workbench.library)
    return EXIT.done
  } finally {
    await workbench.close()
  }
}

function listModels(invocation: Invocation): Promise<number> {
  const { terminal } = invocation
  return withLibrary(invocation, async (library) => {
    const models = await library.models({ reread: true })
    terminal.print(
      models.length === 0
        ? 'no models'
        : tableText(['name', 'type', 'size', 'from', 'state'], models.map(modelRow)),
    )
    terminal.document({ models: models.map(modelDocument) })
  })
}

function addModel(invocation: Invocation, { name }: { name?: string }, folder = ''): Promise<number> {
  const { terminal } = invocation
  return withLibrary(invocation, async (library) => {
    const model = await library.addModel(folder, name)
    terminal.print(`${model.name} is installed; studies name it as model: ${model.name}`)
    terminal.document({ models: [modelDocument(model)] })
  })
}

function removeModel(invocation: Invocation, _options: object, name = ''): Promise<number> {
  const { terminal } = invocation
  return withLibrary(invocation, async (library) => {
    await library.remove('model', name)
    await library.purge()
    terminal.print(`${name} is removed`)
    terminal.document({ removed: name })
  })
}

function listData(invocation: Invocation): Promise<number> {
  const { terminal } = invocation
  return withLibrary(invocation, async (library) => {
    const data = await library.data({ reread: true })
    terminal.print(tableText(['name', 'size', 'from', 'state'], data.map(dataRow)))
    terminal.document({ data: data.map(dataDocument) })
  })
}

function addData(invocation: Invocation, { name }: { name?: string }, folder = ''): Promise<number> {
  const { terminal } = invocation
  return withLibrary(invocation, async (library) => {
    const data = await library.addData(folder, name)
    terminal.print(
      `${data.name} is installed; studies name it as task: {kind: idx-images, dir: ${data.path}}`,
    )
    terminal.document({ data: [dataDocument(data)] })
  })
}

function removeData(invocation: Invocation, _options: object, name = ''): Promise<number> {
  const { terminal } = invocation
  return withLibrary(invocation, async (library) => {
    await library.remove('data', name)
    await library.purge()
    terminal.print(`${name} is removed`)
    terminal.document({ removed: name })
  })
}

function modelRow({ name, facts, bytes, from, state, problem }: InstalledModel): string[] {
  const type = facts === null ? '–' : `${facts.type}, ${facts.layers} layers of ${facts.width}`
  return [name, type, bytesText(bytes), from, problem ?? state]
}

const dataRow = ({ name, bytes, from, state, problem }: InstalledData): string[] => [
  name,
  bytesText(bytes),
  from,
  problem ?? state,
]

const modelDocument = ({
  name,
  title,
  licence,
  source,
  from,
  path,
  bytes,
  state,
  problem,
  facts,
}: InstalledModel): object => ({
  name,
  title,
  licence,
  source,
  from,
  path,
  bytes,
  state,
  problem,
  parameters: facts?.parameters ?? null,
  type: facts?.type ?? null,
})

const dataDocument = ({ name, title, licence, source, bytes, state, problem }: InstalledData): object => ({
  name,
  title,
  licence,
  source,
  bytes,
  state,
  problem,
})
