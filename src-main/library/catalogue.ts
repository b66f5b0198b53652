import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const entry = z.strictObject({
  name: z.string(),
  title: z.string(),
  licence: z.string(),
  source: z.string(),
  /** SHA-256 by file name. */
  files: z.record(z.string(), sha256),
})
/**
 * What is fetched from its official address on the user's word. CIFAR-10's page publishes an MD5 alone; size and SHA-256 of its
 * binary version are those of TensorFlow Datasets (tensorflow_datasets/url_checksums/cifar10.txt in tensorflow/datasets),
 * which fetches the same address.
 */
const download = z.strictObject({
  name: z.string(),
  title: z.string(),
  licence: z.string().nullable(),
  url: z.url(),
  bytes: z.int().positive(),
  sha256,
})
const schema = z.strictObject({
  models: z.array(entry),
  data: z.array(entry),
  downloads: z.array(download),
  /** What trunks of the papers are called on the Hugging Face hub, by the names that the ready-made studies have for them. */
  hub: z.record(z.string(), z.string()),
})

/** What set-up brings: `resources/catalogue.json` says where each thing comes from and what its files must be. */
export type Catalogue = z.infer<typeof schema>
export type CatalogueEntry = z.infer<typeof entry>
export type Download = z.infer<typeof download>

export const readCatalogue = async (resources: string): Promise<Catalogue> =>
  schema.parse(JSON.parse(await readFile(join(resources, 'catalogue.json'), 'utf8')))
