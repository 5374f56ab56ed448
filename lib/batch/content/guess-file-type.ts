const utf16 = 'it looks like UTF-16: send it as UTF-8'

/** Returns the probable type of a file that is not UTF-8 text, with advice; null when the first three bytes give no evidence. */
export function guessFileType (bytes: Uint8Array): string | null {
  if (bytes.length < 2) return null
  const [a, b, c] = bytes as unknown as [number, number, number | undefined]
  if (a === 0x1f && b === 0x8b) return 'it looks like gzip: declare it with Content-Encoding: gzip (content_encoding of an upload)'
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return utf16
  if (c === undefined) return null
  if ((b === 0) !== (a === 0) && (a === 0) === (c === 0)) return utf16 // every other byte of English text is NUL
  return a === 0x50 && b === 0x4b && (c === 3 || c === 5) ? 'it looks like a ZIP file or a spreadsheet (XLSX): send it as CSV' : null
}
