/** One line of CSV (RFC 4180) with its line feed; null is an empty field. */
export function csvLine (values: ReadonlyArray<string | number | null>): string {
  return `${values.map(field).join(',')}\n`
}

function field (value: string | number | null): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
