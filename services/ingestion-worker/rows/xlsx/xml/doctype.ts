/** Returns whether XML in UTF-8 or UTF-16 begins with a document type declaration. Only comments and instructions can stand before it. */
export function hasDoctype (bytes: Buffer): boolean {
  const text = decoded(bytes)
  let at = 0
  for (;;) {
    while (/[\s\ufeff]/.test(text.charAt(at))) at++
    const end = text.startsWith('<?', at) ? '?>' : text.startsWith('<!--', at) ? '-->' : null
    if (end === null) return /^<!doctype/i.test(text.slice(at, at + 9))
    const ends = text.indexOf(end, at + 2)
    if (ends < 0) return false
    at = ends + end.length
  }
}

function decoded (bytes: Buffer): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  return bytes.toString(bytes[1] === 0 || bytes[0] === 0xff ? 'utf16le' : 'utf8')
}
