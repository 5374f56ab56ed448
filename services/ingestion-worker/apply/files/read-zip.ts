import { textFormat } from '../../../../lib/batch/content/text-format.ts'
import { fileTypeNames } from '../../../../lib/batch/content/file-type-names.ts'
import { FileRefused } from '../../rows/file-refused.ts'
import type { TextOptions } from '../../rows/read.ts'
import type { TableOptions } from '../../rows/table/table-rows.ts'
import { openSingleFile } from '../../rows/zip/single-file.ts'
import type { FileRead, FileToRead } from './file-to-read.ts'
import { readText } from './read-text.ts'
import type { PayloadChunks } from './payload-chunks.ts'

type Options = TextOptions & TableOptions

/** Reads the only file of a zip. Its content tells its format; `readBytes` reads a file that is no text. Throws FileRefused. */
export async function readZip (
  file: FileToRead, bytes: Uint8Array, options: Options,
  readBytes: (file: FileToRead, format: 'xlsx' | 'parquet', options: Options) => Promise<FileRead>
): Promise<FileRead> {
  const { type, bytes: expectedBytes, content } = await openSingleFile(bytes, file.limits.xlsx)
  const chunks: PayloadChunks = {
    bytes: 0,
    expectedBytes,
    async next () {
      const { value, done } = await content.next()
      file.signal.throwIfAborted()
      chunks.bytes += value?.length ?? 0
      return done ? null : value
    },
  }
  const inner = { ...file, chunks }
  try {
    if (type === 'xlsx' || type === 'parquet') return { ...await readBytes(inner, type, options), format: type }
    if (type !== 'text' && type !== 'utf-16') throw new FileRefused('zip_of_other', fileTypeNames[type])
    const first = await chunks.next()
    const format = textFormat(first ?? Buffer.alloc(0))
    if (format !== 'csv' && file.manifest.profile) throw new FileRefused('profile_of_json')
    return { ...await readText({ ...inner, chunks: resumed(first, chunks) }, format, options), format }
  } finally {
    await content.return()
  }
}

function resumed (first: Buffer | null, rest: PayloadChunks): PayloadChunks {
  let isFirst = true
  return {
    get bytes () { return rest.bytes },
    expectedBytes: rest.expectedBytes,
    async next () {
      if (!isFirst) return await rest.next()
      isFirst = false
      return first
    },
  }
}
