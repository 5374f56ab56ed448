import { FileRefused } from '../file-refused.ts'

/** A file in a zip, as the directory of the zip describes it. `bytes` and `crc` are claims: {@link unzip} compares them with the content. */
export type ZipEntry = { name: string, method: number, isEncrypted: boolean, packed: Uint8Array, bytes: number, crc: number }

const LOCAL_HEADER = 0x04034b50
const DIRECTORY_HEADER = 0x02014b50
const DIRECTORY_END = 0x06054b50
const ZIP64_DIRECTORY_END = 0x06064b50
const ZIP64_LOCATOR = 0x07064b50
const ZIP64_EXTRA = 1
/** Values that mean: the zip64 record has the number. */
const IN_ZIP64 = 0xffffffff
const COUNT_IN_ZIP64 = 0xffff
const END_BYTES = 22
const MAX_COMMENT_BYTES = 0xffff

/**
 * Reads the directory at the end of a zip: the files without the folders, in its order. The directory has the length of each file, so the
 * descriptors after the files, of 16 or 24 bytes, are not read.
 *
 * Throws FileRefused for a zip that is damaged, has more than `maxEntries` entries, or has two files of one name.
 */
export function readZipDirectory (bytes: Uint8Array, maxEntries: number): ZipEntry[] {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  try {
    const { start, count } = findDirectory(data)
    if (count > maxEntries) throw new FileRefused('too_many_entries', String(maxEntries))
    const entries = new Map<string, ZipEntry>()
    for (let at = start, left = count; left > 0; left--) {
      const { entry, next } = readEntry(data, at, start)
      if (entries.has(entry.name.toLowerCase())) throw damaged()
      entries.set(entry.name.toLowerCase(), entry)
      at = next
    }
    return [...entries.values()].filter(({ name }) => !name.endsWith('/'))
  } catch (error) {
    throw error instanceof RangeError ? damaged() : error // an offset outside the file
  }
}

function findDirectory (data: Buffer): { start: number, count: number } {
  const first = Math.max(0, data.length - END_BYTES - MAX_COMMENT_BYTES)
  let at = data.length - END_BYTES
  while (at >= first && !(data.readUInt32LE(at) === DIRECTORY_END && at + END_BYTES + data.readUInt16LE(at + 20) === data.length)) at--
  if (at < first) throw damaged()
  const count = data.readUInt16LE(at + 10)
  const start = data.readUInt32LE(at + 16)
  if (count !== COUNT_IN_ZIP64 && start !== IN_ZIP64) return { start, count }
  const locator = at - 20
  if (locator < 0 || data.readUInt32LE(locator) !== ZIP64_LOCATOR) return { start, count }
  const end = readUInt64(data, locator + 8)
  if (data.readUInt32LE(end) !== ZIP64_DIRECTORY_END) throw damaged()
  return { start: readUInt64(data, end + 48), count: readUInt64(data, end + 32) }
}

function readEntry (data: Buffer, at: number, directoryStart: number): { entry: ZipEntry, next: number } {
  if (data.readUInt32LE(at) !== DIRECTORY_HEADER) throw damaged()
  const nameEnd = at + 46 + data.readUInt16LE(at + 28)
  const extraEnd = nameEnd + data.readUInt16LE(at + 30)
  const name = data.subarray(at + 46, nameEnd)
  const long = zip64Numbers(data, nameEnd, extraEnd)
  const number = (offset: number): number => {
    const value = data.readUInt32LE(at + offset)
    return value === IN_ZIP64 ? long.shift() ?? value : value
  }
  const [bytes, packedBytes, local] = [number(24), number(20), number(42)] // the zip64 record has them in this order
  if (data.readUInt32LE(local) !== LOCAL_HEADER) throw damaged()
  const localName = local + 30
  const localNameEnd = localName + data.readUInt16LE(local + 26)
  const start = localNameEnd + data.readUInt16LE(local + 28)
  // Programs that read only the local headers must see the same file.
  if (!name.equals(data.subarray(localName, localNameEnd)) || start + packedBytes > directoryStart) throw damaged()
  const entry = {
    name: name.toString().replaceAll('\\', '/'), // old .NET writes backslashes
    method: data.readUInt16LE(at + 10),
    isEncrypted: (data.readUInt16LE(at + 8) & 1) === 1,
    packed: data.subarray(start, start + packedBytes),
    bytes,
    crc: data.readUInt32LE(at + 16),
  }
  return { entry, next: extraEnd + data.readUInt16LE(at + 32) }
}

function zip64Numbers (data: Buffer, start: number, end: number): number[] {
  for (let at = start; at + 4 <= end;) {
    const length = data.readUInt16LE(at + 2)
    const count = Math.min(3, length >> 3)
    if (data.readUInt16LE(at) === ZIP64_EXTRA) return Array.from({ length: count }, (_, index) => readUInt64(data, at + 4 + index * 8))
    at += 4 + length
  }
  return []
}

const readUInt64 = (data: Buffer, at: number): number => data.readUInt32LE(at) + data.readUInt32LE(at + 4) * 2 ** 32
const damaged = (): FileRefused => new FileRefused('damaged_zip')
