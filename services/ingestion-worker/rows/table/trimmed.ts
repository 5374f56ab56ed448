/** White space that people and programs leave around a value: all of Unicode's, the no-break spaces among them, and the byte order mark. */
const around = /^[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+$/g

/** Returns a text without white space around it. */
export const trimmed = (text: string): string => needsTrim(text) ? text.replace(around, '') : text

function needsTrim (text: string): boolean {
  const [first, last] = [text.charCodeAt(0), text.charCodeAt(text.length - 1)]
  return text.length > 0 && (first <= 0x20 || first > 0x7e || last <= 0x20 || last > 0x7e)
}
