const utf16 = 'it looks like UTF-16: send it as UTF-8'

/** Says what a file that is no UTF-8 text probably is, and what to do; null where the first three bytes do not tell. */
export function guessFileType (bytes: Uint8Array): string | null {
  if (bytes.length < 2) return null
  const [a, b, c] = bytes as unknown as [number, number, number | undefined]
  if (a === 0x1f && b === 0x8b) return 'it looks like gzip: say so in Content-Encoding: gzip (content_encoding of an upload)'
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return utf16
  if (c === undefined) return null
  if ((b === 0) !== (a === 0) && (a === 0) === (c === 0)) return utf16 // every other byte of English text is NUL
  return a === 0x50 && b === 0x4b && (c === 3 || c === 5) ? 'it looks like a ZIP file or a spreadsheet (XLSX): send it as CSV' : null
}
