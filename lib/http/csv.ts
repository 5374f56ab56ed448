/** Returns one line of CSV (RFC 4180) with its line feed; null is an empty field. */
export function csvLine (values: ReadonlyArray<string | number | null>): string {
  return `${values.map(field).join(',')}\n`
}

/**
 * Returns a CSV line whose text comes from untrusted clients. A spreadsheet must not interpret a cell as a formula (OWASP, CSV
 * Injection). So a `'` goes in front of `=`, `+`, `-`, `@`, their full-width forms, and a tab, a line break or a NUL at the beginning of
 * a field. A spreadsheet may also start a cell after `;`, a tab or a line break within a field: a `'` goes there too, and a changed field is quoted.
 */
export function inertCsvLine (values: ReadonlyArray<string | number | null>): string {
  return `${values.map(value => typeof value === 'string' ? inertField(value) : field(value)).join(',')}\n`
}

const formulaBegins = /^(?=[\t\r\n\0])|(?=[=+\-@＝＋－＠])(?<=^|[;\t\r\n]"*)/g

function inertField (text: string): string {
  const inert = text.replace(formulaBegins, "'")
  return inert === text ? field(text) : quoted(inert)
}

function field (value: string | number | null): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/.test(text) ? quoted(text) : text
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
