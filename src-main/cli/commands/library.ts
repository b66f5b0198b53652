import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { WorkbenchClient } from '../../api/client'
import { readHubName } from '../../library/hub'
import type { Holding, InstalledData, InstalledModel, Library } from '../../library/library'
import { openWorkbench } from '../../workbench'
import { findDoor } from '../../workspace/door'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
import { askOwner } from '../reach'
import { fetchInto } from '../fetch-into'
import { bytesText, tableText } from '../words'
import { addWriteData } from './write-data'

export function addLibrary(line: CommandLine): void {
  const models = line.add('models', 'what is installed, its files checked', listModels)
  line
    .add(
      'add <place>',
      'copies a Hugging Face directory into the workspace, or fetches NAME or NAME@REVISION from the hub',
      addModel,
      models,
    )
    .option('--name <name>', "what studies call it; default: the folder's or model's name")
  line.add('remove <name>', 'removes a model that was added', removeModel, models)
  const data = line.add('data', 'the data sets that are installed, their files checked', listData)
  line
    .add(
      'add <place>',
      "copies a folder with data in MNIST's format or CIFAR-10's binary version, or CIFAR-10's archive; fetches cifar10",
      addData,
      data,
    )
    .option('--name <name>', "what it is called; default: the folder's name")
    .option(
      '--download',
      'PLACE is the name of a data set that is fetched from its official address: cifar10',
    )
  line.add('remove <name>', 'removes a data set that was added', removeData, data)
  addWriteData(line, data)
}

/** Looks at the library; needs no owner. */
async function withLibrary(
  { workspace }: Invocation,
  work: (library: Library) => Promise<void>,
): Promise<number> {
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    await work(workbench.library)
    return EXIT.done
  } finally {
    await workbench.close()
  }
}

/**
 * Changes the shelves: through the owner's door where the workspace has a living owner, so that its open pages and its next
 * study see it at once; else here, without owning anything.
 */
async function changeLibrary(
  { terminal, workspace }: Invocation,
  ask: (client: WorkbenchClient) => Promise<{ readonly name: string }>,
  act: (library: Library) => Promise<{ readonly name: string }>,
): Promise<string> {
  if (findDoor(workspace) !== null) {
    return (await askOwner({ terminal, workspace, what: 'fairsweep' }, ask)).name
  }
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    return (await act(workbench.library)).name
  } finally {
    await workbench.close()
  }
}

/** A folder as another process finds it too; what is none here is named as it was given. */
const wholePath = (folder: string): string => (existsSync(folder) ? resolve(folder) : folder)

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

async function addModel(invocation: Invocation, { name }: { name?: string }, folder = ''): Promise<number> {
  const { terminal } = invocation
  const isHub = !existsSync(folder) && readHubName(folder) !== null
  const added = isHub
    ? await fetchInto(invocation, { what: 'model', place: folder, name })
    : await changeLibrary(
        invocation,
        (client) => client.library.add.mutate({ what: 'model', folder: wholePath(folder), name }),
        (library) => library.addModel(folder, name),
      )
  if (added === null) return EXIT.interrupted
  return withLibrary(invocation, async (library) => {
    const models = (await library.models()).filter((model) => model.name === added)
    terminal.print(`${added} is installed; studies name it as model: ${added}`)
    terminal.document({ models: models.map(modelDocument) })
  })
}

const removeModel = (invocation: Invocation, _options: object, name = ''): Promise<number> =>
  remove(invocation, 'model', name)

async function remove(invocation: Invocation, what: Holding, name: string): Promise<number> {
  const { terminal } = invocation
  await changeLibrary(
    invocation,
    (client) => client.library.remove.mutate({ what, name }),
    async (library) => {
      await library.remove(what, name)
      await library.purge()
      return { name }
    },
  )
  terminal.print(`${name} is removed`)
  terminal.document({ removed: name })
  return EXIT.done
}

function listData(invocation: Invocation): Promise<number> {
  const { terminal } = invocation
  return withLibrary(invocation, async (library) => {
    const data = await library.data({ reread: true })
    terminal.print(tableText(['name', 'size', 'from', 'state'], data.map(dataRow)))
    terminal.document({ data: data.map(dataDocument) })
  })
}

async function addData(
  invocation: Invocation,
  { name, download = false }: { name?: string; download?: boolean },
  folder = '',
): Promise<number> {
  const { terminal } = invocation
  const added = download
    ? await fetchInto(invocation, { what: 'data', place: folder, name })
    : await changeLibrary(
        invocation,
        (client) => client.library.add.mutate({ what: 'data', folder: wholePath(folder), name }),
        (library) => library.addData(folder, name),
      )
  if (added === null) return EXIT.interrupted
  return withLibrary(invocation, async (library) => {
    const data = (await library.data()).filter((each) => each.name === added)
    for (const { path, format, name } of data) {
      const task = name === format ? name : `{kind: ${format ?? 'idx-images'}, dir: ${path}}`
      terminal.print(`${added} is installed; studies name it as task: ${task}`)
    }
    terminal.document({ data: data.map(dataDocument) })
  })
}

const removeData = (invocation: Invocation, _options: object, name = ''): Promise<number> =>
  remove(invocation, 'data', name)

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
