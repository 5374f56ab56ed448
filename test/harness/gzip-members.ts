import fc from 'fast-check'
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'

const [FHCRC, FEXTRA, FNAME, FCOMMENT] = [2, 4, 8, 16]

export type Header = { extra: Uint8Array | null, name: string | null, comment: string | null, checked: boolean }

const plain: Header = { extra: null, name: null, comment: null, checked: false }

/** Returns one gzip member (RFC 1952), with the optional fields of its header. */
export function gzipMember (content: Buffer, level = 6, { extra, name, comment, checked }: Header = plain): Buffer {
  const flags = (checked ? FHCRC : 0) | (extra ? FEXTRA : 0) | (name !== null ? FNAME : 0) | (comment !== null ? FCOMMENT : 0)
  const header = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]),
    ...(extra ? [uint16(extra.length), extra] : []),
    ...(name !== null ? [Buffer.from(`${name}\0`, 'latin1')] : []),
    ...(comment !== null ? [Buffer.from(`${comment}\0`, 'latin1')] : []),
  ])
  const checksum = checked ? [uint16(crc32(header) & 0xffff)] : []
  return Buffer.concat([header, ...checksum, deflateRawSync(content, { level }), uint32(crc32(content)), uint32(content.length)])
}

/**
 * Returns the content of a gzip file, read member by member without Node's gunzip. Returns null unless the file is members followed by zero bytes.
 */
export function gunzipByHand (file: Buffer): Buffer | null {
  const contents: Buffer[] = []
  let at = 0
  do {
    const start = headerEnd(file, at)
    if (start === null) return null
    let member: { buffer: Buffer, engine: { bytesWritten: number } }
    try {
      member = inflateRawSync(file.subarray(start), { info: true }) as unknown as typeof member
    } catch {
      return null
    }
    const end = start + member.engine.bytesWritten
    if (file.length < end + 8 || file.readUInt32LE(end) !== crc32(member.buffer) || file.readUInt32LE(end + 4) !== member.buffer.length) return null
    contents.push(member.buffer)
    at = end + 8
  } while (file.subarray(at).some(byte => byte !== 0) && file[at] !== 0)
  return file.subarray(at).some(byte => byte !== 0) ? null : Buffer.concat(contents)
}

function headerEnd (file: Buffer, start: number): number | null {
  if (file.length < start + 10 || file.readUIntBE(start, 3) !== 0x1f8b08 || file[start + 3]! & 0xe0) return null
  const flags = file[start + 3]!
  let at = start + 10
  if (flags & FEXTRA) {
    if (file.length < at + 2) return null
    at += 2 + file.readUInt16LE(at)
  }
  for (const flag of [FNAME, FCOMMENT]) {
    if (!(flags & flag)) continue
    const end = file.indexOf(0, at)
    if (end < 0) return null
    at = end + 1
  }
  if (flags & FHCRC) {
    if (file.length < at + 2 || file.readUInt16LE(at) !== (crc32(file.subarray(start, at)) & 0xffff)) return null
    at += 2
  }
  return at <= file.length ? at : null
}

function uint16 (value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function uint32 (value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const option = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null, freq: 3 })
const latin1 = fc.string({ maxLength: 12 }).map(text => text.replace(/[^\x20-\x7e]/g, '_'))
const headers: fc.Arbitrary<Header> = fc.record({
  extra: option(fc.uint8Array({ maxLength: 40 })), name: option(latin1), comment: option(latin1), checked: fc.boolean(),
})

export const members = (content: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> => fc.tuple(content, fc.nat(9), headers).map(args => gzipMember(...args))
const zeros = fc.integer({ min: 1, max: 40 }).map(length => Buffer.alloc(length))
const junk = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 20 }).map(bytes => Buffer.from(bytes)),
  fc.constantFrom('1f', '1f8b', '1f8b08', '1f8b0800', '001f8b08', '01', '00001f', 'ff00').map(hex => Buffer.from(hex, 'hex')))

/** Generates the parts of a gzip file: mostly members, sometimes zero bytes, junk, or a truncated member. */
export const gzipFiles = (content: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer[]> => {
  const member = members(content)
  const cut = fc.tuple(member, fc.nat(200)).map(([bytes, length]) => bytes.subarray(0, length % bytes.length))
  const behind = fc.oneof(
    { weight: 3, arbitrary: zeros }, { weight: 2, arbitrary: member }, { weight: 1, arbitrary: junk }, { weight: 1, arbitrary: cut })
  return fc.tuple(fc.array(member, { maxLength: 4 }), fc.array(behind, { maxLength: 3 }))
    .map(([first, then]) => [...first, ...then]).filter(parts => Buffer.concat(parts).length > 0)
}

/** Yields the bytes in chunks of these lengths. The list of lengths repeats. */
export function * chunksOf (bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? bytes.length
    yield bytes.subarray(at, at + size)
    at += size
  }
}
