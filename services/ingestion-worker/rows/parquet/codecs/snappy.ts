import { copyBack, copyLiteral } from './copy.ts'
import { corrupt } from '../refused.ts'

/**
 * Decodes a block of Snappy that decodes to `length` bytes exactly. Throws FileRefused for any other block. Reads and writes within these
 * bounds, so that a block that claims more costs nothing.
 */
export function decodeSnappy (input: Uint8Array, length: number): Uint8Array {
  let at = 0
  let claimed = 0
  for (let factor = 1; ; factor *= 128) {
    const byte = input[at++] ?? 0
    claimed += (byte & 127) * factor
    if (byte < 128) break
    if (at > 5) throw broken()
  }
  if (claimed !== length) throw broken()
  const output = new Uint8Array(length)
  let to = 0
  while (at < input.length) {
    const tag = input[at++]!
    const kind = tag & 3
    if (kind === 0) {
      let size = (tag >>> 2) + 1
      if (size > 60) {
        const bytes = size - 60
        size = readLittleEndian(input, at, bytes) + 1
        at += bytes
      }
      if (at + size > input.length || to + size > length) throw broken()
      copyLiteral(input, at, size, output, to)
      at += size
      to += size
    } else {
      const size = kind === 1 ? (tag >>> 2 & 7) + 4 : (tag >>> 2) + 1
      const bytes = kind === 3 ? 4 : kind
      const offset = readLittleEndian(input, at, bytes) + (kind === 1 ? (tag >>> 5) * 256 : 0)
      at += bytes
      if (offset === 0 || offset > to || to + size > length) throw broken()
      copyBack(output, to, offset, size)
      to += size
    }
  }
  if (to !== length) throw broken()
  return output
}

function readLittleEndian (input: Uint8Array, at: number, bytes: number): number {
  if (at + bytes > input.length) throw broken()
  let value = 0
  for (let index = bytes - 1; index >= 0; index--) value = value * 256 + input[at + index]!
  return value
}

const broken = (): Error => corrupt('a page is not valid Snappy')
