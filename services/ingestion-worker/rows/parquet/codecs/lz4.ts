import { copyBack, copyLiteral } from './copy.ts'
import { corrupt } from '../refused.ts'

/** Decodes a block of LZ4 that decodes to `length` bytes exactly. Throws FileRefused for any other block, without writing beyond `length`. */
export function decodeLz4 (input: Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length)
  decodeBlock(input, output)
  return output
}

/**
 * Decodes the deprecated codec LZ4: blocks as Hadoop frames them, each after its decoded and its stored length, or a bare block, which some
 * writers of this codec write.
 */
export function decodeHadoopLz4 (input: Uint8Array, length: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.length)
  const blocks: Array<{ stored: Uint8Array, decoded: number }> = []
  let at = 0
  let total = 0
  while (at + 8 <= input.length) {
    const decoded = view.getUint32(at)
    const end = at + 8 + view.getUint32(at + 4)
    if (end > input.length) break
    blocks.push({ stored: input.subarray(at + 8, end), decoded })
    total += decoded
    at = end
  }
  if (at !== input.length || total !== length) return decodeLz4(input, length)
  const output = new Uint8Array(length)
  let to = 0
  for (const { stored, decoded } of blocks) decodeBlock(stored, output.subarray(to, to += decoded))
  return output
}

function decodeBlock (input: Uint8Array, output: Uint8Array): void {
  let at = 0
  let to = 0
  const readLong = (): number => {
    for (let length = 15; ;) {
      if (at >= input.length) throw broken()
      const byte = input[at++]!
      length += byte
      if (byte < 255) return length
    }
  }
  while (at < input.length) {
    const token = input[at++]!
    const literals = token >>> 4 === 15 ? readLong() : token >>> 4
    if (at + literals > input.length || to + literals > output.length) throw broken()
    copyLiteral(input, at, literals, output, to)
    at += literals
    to += literals
    if (at === input.length) break // the last sequence has literals alone
    if (at + 2 > input.length) throw broken()
    const offset = input[at]! | input[at + 1]! << 8
    at += 2
    const size = ((token & 15) === 15 ? readLong() : token & 15) + 4
    if (offset === 0 || offset > to || to + size > output.length) throw broken()
    copyBack(output, to, offset, size)
    to += size
  }
  if (to !== output.length) throw broken()
}

const broken = (): Error => corrupt('a page is not valid LZ4')
