/** Returns the format of a text from its beginning: JSON begins with a bracket, and no header of CSV does. */
export function textFormat (beginning: Buffer): 'csv' | 'ndjson' | 'json' {
  const first = beginning.toString('latin1', 0, 4_096).replace(/^\xef\xbb\xbf/, '').trimStart()[0]
  return first === '[' ? 'json' : first === '{' ? 'ndjson' : 'csv'
}
