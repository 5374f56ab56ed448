import { sniff, type FileType } from '../../../../lib/batch/content/sniff.ts'
import { byteSize } from '../byte-size.ts'
import { FileRefused } from '../file-refused.ts'
import { UnpackLimit } from './unpack-limit.ts'
import { unzip } from './unzip.ts'
import { readZipDirectory } from './zip-directory.ts'

export type ZipLimits = { maxBytes: number, maxUnpackedBytes: number, maxEntries: number }

export type SingleFile = {
  /** Type of the file in the zip, from its first bytes. */
  type: FileType
  /** Length that the zip claims. The content has it, or throws. */
  bytes: number
  /** Yields the file in chunks of about 64 KiB. Throws FileRefused. */
  content: AsyncGenerator<Buffer, void>
}

/** Files that programs add to a zip of one file. */
const ofProgram = /^__macosx\/|(^|\/)(\.ds_store|thumbs\.db|desktop\.ini)$/i

/**
 * Opens the only file in a zip. Its name is not used. Folders, and the files that a Mac or Windows adds, do not count.
 *
 * Throws FileRefused if the zip is damaged, beyond a limit, or encrypted, has no file or several, or if the file is a zip too.
 */
export async function openSingleFile (bytes: Uint8Array, limits: ZipLimits): Promise<SingleFile> {
  if (bytes.length > limits.maxBytes) throw new FileRefused('file_too_large', byteSize(limits.maxBytes))
  const files = readZipDirectory(bytes, limits.maxEntries).filter(({ name }) => !ofProgram.test(name))
  if (files.length !== 1) throw new FileRefused('not_one_file', String(files.length))
  const content = unzip(files[0]!, new UnpackLimit(limits.maxUnpackedBytes))
  const first = await content.next()
  const type = first.done ? 'text' : sniff(first.value)
  if (type === 'zip') {
    await content.return()
    throw new FileRefused('zip_in_zip')
  }
  return { type, bytes: files[0]!.bytes, content: resumed(first, content) }
}

async function * resumed (first: IteratorResult<Buffer, void>, rest: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  try {
    if (first.done) return
    yield first.value
    yield * rest
  } finally {
    await rest.return()
  }
}
