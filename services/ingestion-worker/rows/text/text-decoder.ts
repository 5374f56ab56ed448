import type { Charset } from '../../../../lib/batch/content/charset.ts'

/** Thrown if the bytes are not text in the encoding. */
export class NotText extends Error {}

/**
 * Decodes a text to UTF-8, chunk by chunk. UTF-8 passes as it is: the parsers check the values that they read. The result of `write` is valid until
 * the next call. Throws NotText.
 */
export function openTextDecoder (charset: Charset): { write (chunk: Uint8Array): Uint8Array, end (): Uint8Array } {
  if (charset === 'utf-8') return { write: chunk => chunk, end: () => new Uint8Array(0) }
  const decoder = new TextDecoder(charset, { fatal: true })
  const decode = (chunk: Uint8Array, stream: boolean): Uint8Array => {
    try {
      return Buffer.from(decoder.decode(chunk, { stream }))
    } catch (cause) {
      throw new NotText(`not ${charset}`, { cause })
    }
  }
  return { write: chunk => decode(chunk, true), end: () => decode(new Uint8Array(0), false) }
}
