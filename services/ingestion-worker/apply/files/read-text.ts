import { describeText } from '../../rows/describe-text.ts'
import type { RowFormat, TextOptions } from '../../rows/read.ts'
import { TextReader } from '../../rows/read.ts'
import { trackTrailingLine } from '../trailing-line.ts'
import type { FileRead, FileToRead } from './file-to-read.ts'
import { inSteps } from './in-steps.ts'

/** Reads a text file. Once its reader has stopped, the rest is read for the digest alone: a corrupt payload is no error of the provider. */
export async function readText ({ checker, chunks, afterChunk }: FileToRead, format: RowFormat, options: TextOptions): Promise<FileRead> {
  const reader = new TextReader(format, checker, options)
  const trailingLine = trackTrailingLine(format)
  for (let chunk = await chunks.next(); chunk; chunk = await chunks.next()) {
    const began = performance.now()
    reader.write(chunk)
    trailingLine.write(chunk)
    await afterChunk(began)
  }
  await inSteps(reader.finish(), afterChunk)
  trailingLine.end()
  return { ...describeText(reader), lastLineEnded: reader.charset === 'utf-8' ? trailingLine.isTerminated : null }
}
