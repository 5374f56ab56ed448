/**
 * The one-dimensional array types that the statements use. By default postgres.js queries the server for array types on each new
 * connection. If the connection is lost during that query, postgres.js rejects a promise that nobody handles, and the process
 * ends (postgres 3.4.9, fetchArrayTypes).
 */
export const arrayTypes = {
  text_array: arrayOf(1009, String),
  smallint_array: arrayOf(1005, Number),
  int_array: arrayOf(1007, Number),
  // Decimal digits, without rounding: the sums of a full lane-day exceed 2^53. Strings also cost less than Number.
  bigint_array: arrayOf(1016, String),
  numeric_array: arrayOf(1231, String),
  date_array: arrayOf(1182, String),
}

type Element = string | number | bigint | null

/** `oid` is the array type's own OID in pg_type. The OID is the same on every server. */
function arrayOf (oid: number, parse: (text: string) => Element) {
  return {
    to: oid,
    from: [oid],
    serialize: (elements: Element[]): string => `{${elements.map(quote).join()}}`,
    parse: (text: string): Element[] => split(text).map(element => element === null ? null : parse(element)),
  }
}

function quote (element: Element): string {
  if (typeof element === 'string') return `"${element.replace(/["\\]/g, '\\$&')}"`
  return element === null ? 'null' : String(element)
}

/** Returns the elements of an array literal such as `{1,"a \"b\"",NULL}`. */
function split (text: string): Array<string | null> {
  const inner = text.slice(1, -1)
  if (inner === '') return []
  if (!inner.includes('"')) return inner.split(',').map(element => element === 'NULL' ? null : element)
  return [...inner.matchAll(/"((?:[^"\\]|\\.)*)"|[^,]+/gs)]
    .map(([match, quoted]) => quoted === undefined ? (match === 'NULL' ? null : match) : quoted.replace(/\\(.)/gs, '$1'))
}
