import { Problem } from '../../../lib/http/problem.ts'

/** Longest header of a part, in bytes. */
export const maxHeaderBytes = 8_192

const lineEnd = Buffer.from('\r\n')
const headerEnd = Buffer.from('\r\n\r\n')

/**
 * Splits a multipart body (RFC 2046, 5.1) into its parts: the header of each part as `{ header }`, then the content of this part as buffers. The
 * chunks may be cut anywhere. Memory holds one chunk. Reads the chunks to their end, and throws `malformed-body` unless the last boundary is there.
 */
export async function * splitParts (chunks: AsyncGenerator<Buffer>, boundary: string): AsyncGenerator<{ header: Buffer } | Buffer> {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  let rest: Buffer = lineEnd // the first boundary may have no line end before it

  async function more (): Promise<void> {
    const { value, done } = await chunks.next()
    if (done) throw new Problem('malformed-body', 'The form ends before its last boundary: it was truncated')
    rest = rest.length === 0 ? value : Buffer.concat([rest, value])
  }

  /** Yields the bytes before the next delimiter, and removes the delimiter. */
  async function * untilDelimiter (): AsyncGenerator<Buffer> {
    for (;;) {
      const at = rest.indexOf(delimiter)
      const length = at < 0 ? Math.max(0, rest.length - delimiter.length + 1) : at
      if (length > 0) yield rest.subarray(0, length)
      rest = rest.subarray(at < 0 ? length : at + delimiter.length)
      if (at >= 0) return
      await more()
    }
  }

  async function header (): Promise<Buffer> {
    if (!rest.subarray(0, 2).equals(lineEnd)) throw new Problem('malformed-body', 'A boundary of the form is followed by other characters')
    for (;;) {
      const end = rest.indexOf(headerEnd)
      if ((end < 0 ? rest.length : end) > maxHeaderBytes) throw new Problem('malformed-body', `The header of a part of the form is longer than ${maxHeaderBytes} bytes`)
      if (end >= 0) {
        const found = rest.subarray(lineEnd.length, end)
        rest = rest.subarray(end + headerEnd.length)
        return found
      }
      await more()
    }
  }

  await skip(untilDelimiter()) // bytes before the first boundary have no meaning
  for (;;) {
    while (rest.length < 2) await more()
    if (rest.toString('latin1', 0, 2) === '--') break
    yield { header: await header() }
    yield * untilDelimiter()
  }
  await skip(chunks) // bytes after the last boundary have no meaning
}

async function skip (bytes: AsyncGenerator<Buffer>): Promise<void> {
  while (!(await bytes.next()).done);
}
