/** One line of CSV (RFC 4180) with its line feed; null is an empty field. */
export function csvLine (values: ReadonlyArray<string | number | null>): string {
  return `${values.map(field).join(',')}\n`
}

/**
 * The same for text that others have written. A spreadsheet must not take a cell for a formula, so a `'` goes in front of
 * `=`, `+`, `-`, `@`, their full-width forms, and a tab, a line end or a NUL where the field begins (OWASP, CSV Injection).
 * A spreadsheet may also begin a cell behind `;`, a tab or a line end within the field. Such a field is quoted.
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
