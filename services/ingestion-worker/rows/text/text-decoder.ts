export type Charset = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

/** Bytes that {@link detectCharset} needs, unless the file is shorter. */
export const charsetBytes = 4

/** Returns the character encoding that the first bytes of a text show: a byte order mark, or the NUL bytes of English text in UTF-16. */
export function detectCharset (bytes: Uint8Array): Charset {
  const [a, b, c, d] = bytes as unknown as [number, number, number | undefined, number | undefined]
  if (a === 0xff && b === 0xfe) return 'utf-16le'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return 'utf-16le'
  return a === 0 && b !== 0 && c === 0 && d !== 0 ? 'utf-16be' : 'utf-8'
}

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
