/** Returns the format of a text from its beginning: JSON begins with a bracket before an element, and no header of CSV does. */
export function textFormat (beginning: Buffer): 'csv' | 'ndjson' | 'json' {
  const text = beginning.toString('latin1', 0, 4_096).replace(/^\xef\xbb\xbf/, '').trimStart()
  return /^\[\s*([{[\]"\d-]|$)/.test(text) ? 'json' : text.startsWith('{') ? 'ndjson' : 'csv'
}
