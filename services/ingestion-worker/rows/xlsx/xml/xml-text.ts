import { FileRefused } from '../../file-refused.ts'

const AMPERSAND = 0x26
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Returns the text of `bytes[start, end)`, with its entities decoded. Throws FileRefused for an entity that XML itself does not define. */
export function decodeXml (bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  for (let at = start; at < end; at++) {
    if (bytes[at] === AMPERSAND) return text.replace(/&([^&;]{0,10})(;?)/g, (_, name: string, semicolon: string) => entity(semicolon ? name : ''))
  }
  return text
}

function entity (name: string): string {
  const known = named[name]
  if (known) return known
  const hex = /^#x([0-9a-f]{1,6})$/i.exec(name)
  const decimal = /^#(\d{1,7})$/.exec(name)
  const code = hex ? parseInt(hex[1]!, 16) : decimal ? Number(decimal[1]) : NaN
  if (!(code > 0 && code <= 0x10ffff)) throw new FileRefused('damaged_workbook')
  return String.fromCodePoint(code)
}

/** Returns a text of a workbook with its escapes decoded: `_x000D_` is a carriage return, and `_x005F_` is an underscore before such a form. */
export function decodeEscapes (text: string): string {
  return text.includes('_x') ? text.replace(/_x([0-9a-f]{4})_/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16))) : text
}
