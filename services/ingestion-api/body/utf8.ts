import { isUtf8 } from 'node:buffer'

/** Checks text chunk by chunk. A character may span two chunks. */
export function utf8Checker (): { accepts: (chunk: Buffer) => boolean, isComplete: () => boolean } {
  let partial: Buffer = Buffer.alloc(0)
  return {
    accepts (chunk) {
      const text = partial.length > 0 ? Buffer.concat([partial, chunk]) : chunk
      const completeLength = text.length - cutLength(text)
      partial = Buffer.from(text.subarray(completeLength))
      return isUtf8(text.subarray(0, completeLength))
    },
    isComplete: () => partial.length === 0,
  }
}

/** Returns how many bytes at the end belong to an incomplete character: 0 to 3. */
function cutLength (text: Buffer): number {
  for (let back = 1; back <= Math.min(3, text.length); back++) {
    const byte = text[text.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return length > back ? back : 0
    }
  }
  return 0
}
