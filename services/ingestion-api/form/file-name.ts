const maxChars = 200

/** Returns the name of a file for display, without its folder, control characters and marks of direction; undefined for no name. */
export function shownFileName (fileName = ''): string | undefined {
  const name = fileName.replace(/^.*[/\\]/s, '').replace(/[\p{C}\p{Zl}\p{Zp}\ufffd]/gu, '').trim()
  return name === '' ? undefined : [...name].slice(0, maxChars).join('')
}
