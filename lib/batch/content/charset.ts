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
