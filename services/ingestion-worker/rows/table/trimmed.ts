/** White space that people and programs leave around a value: all of Unicode's, the no-break spaces among them, and the byte order mark. */
const white = /[\s\u200b\u2060\ufeff]/

/** Longest text that is trimmed. A value is shorter, and a longer one is none of ours. */
const maxTrimmedChars = 1_000

/** Returns a text without white space around it, in linear time: a pattern for the end would search each run of white space again and again. */
export function trimmed (text: string): string {
  if (text.length > maxTrimmedChars) return text
  let [start, end] = [0, text.length]
  while (start < end && isWhite(text, start)) start++
  while (end > start && isWhite(text, end - 1)) end--
  return end - start === text.length ? text : text.slice(start, end)
}

function isWhite (text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code === 0x20) return true
  return code < 0x20 || code > 0x7e ? white.test(text[at]!) : false
}
