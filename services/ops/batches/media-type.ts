import { mediaTypes } from '../../../lib/batch/batch.ts'

const types: Readonly<Record<string, string>> = { ...mediaTypes, tsv: mediaTypes.csv, jsonl: mediaTypes.ndjson }

/** The content of the file decides its format. */
const unspecific = 'application/octet-stream'

export type FileMedia = { type: string, gzip: boolean }

/** Returns the type of a file by the end of its name. Of any other name, as .txt, the content decides. */
export function mediaOf (path: string): FileMedia {
  const [, extension = '', gzip] = /\.([a-z]+)(\.gz)?$/i.exec(path) ?? []
  const name = extension.toLowerCase()
  return name === 'gz' ? { type: unspecific, gzip: true } : { type: Object.hasOwn(types, name) ? types[name]! : unspecific, gzip: gzip !== undefined }
}

const read = /\.(csv|tsv|txt|ndjson|jsonl|json|xlsx|parquet|zip)(\.gz)?$/i

/** Files as people keep prices in. The ingestion API refuses each as what it is, with what to do. */
const refused = /\.(xls|xlsm|xlsb|ods|fods|numbers|pdf)(\.gz)?$/i

/** Whether a file of a folder may have prices, by its name. */
export const mayHavePrices = (name: string): boolean => read.test(name) || refused.test(name)
