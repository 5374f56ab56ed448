import { pipeline } from 'node:stream'
import { createDeflateRaw, crc32 } from 'node:zlib'

export type ZipFile = { name: string, content: AsyncIterable<string> | Iterable<string> }
type Field = [value: number, bytes: number]
type Entry = { name: Buffer, start: number, crc: number, bytes: number, packedBytes: number }

const VERSION = 20
/** Flags: the lengths follow the file in a descriptor, and the name is UTF-8. */
const FLAGS = 0x0808
const DEFLATED = 8
/** 1980-01-01 at midnight, the first time that a zip can have. */
const DATE = 0x21
const MAX_BYTES = 0xffffffff
const begin: Field[] = [[VERSION, 2], [FLAGS, 2], [DEFLATED, 2], [0, 2], [DATE, 2]]

/** Writes a zip as a stream: nothing but one chunk of each file is in memory. Throws if a file, or the zip, has 4 GiB or more. */
export async function * zip (files: AsyncIterable<ZipFile> | Iterable<ZipFile>): AsyncGenerator<Buffer> {
  const entries: Entry[] = []
  let at = 0
  for await (const { name, content } of files) {
    const entry: Entry = { name: Buffer.from(name), start: at, crc: 0, bytes: 0, packedBytes: 0 }
    entries.push(entry)
    const head = record(0x04034b50, ...begin, [0, 4], [0, 4], [0, 4], [entry.name.length, 2], [0, 2], entry.name)
    yield head
    for await (const packed of deflated(content, entry)) {
      entry.packedBytes += packed.length
      yield packed
    }
    const descriptor = record(0x08074b50, ...lengths(entry))
    yield descriptor
    at += head.length + entry.packedBytes + descriptor.length
  }
  const directory = Buffer.concat(entries.map(entry => record(
    0x02014b50, [VERSION, 2], ...begin, ...lengths(entry),
    [entry.name.length, 2], [0, 2], [0, 2], [0, 2], [0, 2], [0, 4], [entry.start, 4], entry.name
  )))
  yield directory
  yield record(0x06054b50, [0, 2], [0, 2], [entries.length, 2], [entries.length, 2], [directory.length, 4], [at, 4], [0, 2])
}

const lengths = ({ crc, packedBytes, bytes }: Entry): Field[] => [[crc, 4], [packedBytes, 4], [bytes, 4]]

/** Yields the content compressed, and counts its bytes and their CRC-32. */
function deflated (content: ZipFile['content'], entry: Entry): AsyncIterable<Buffer> {
  return pipeline(async function * () {
    for await (const text of content) {
      const chunk = Buffer.from(text)
      entry.crc = crc32(chunk, entry.crc)
      entry.bytes += chunk.length
      yield chunk
    }
  }, createDeflateRaw(), () => {}) // the reader of the stream gets its error
}

/** Returns a record: its signature, and numbers with their bytes, little-endian. */
function record (signature: number, ...parts: Array<Field | Buffer>): Buffer {
  return Buffer.concat([[signature, 4] as Field, ...parts].map(part => {
    if (Buffer.isBuffer(part)) return part
    const [value, bytes] = part
    if (value > MAX_BYTES) throw new RangeError('the zip has 4 GiB or more')
    const field = Buffer.alloc(bytes)
    field.writeUIntLE(value, 0, bytes)
    return field
  }))
}
