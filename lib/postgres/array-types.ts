/**
 * The arrays that statements here take and give, all of one dimension. The library would ask each new connection for them,
 * and a link that is lost just then rejects a promise of its that nobody handles: the process would end (postgres 3.4.9,
 * fetchArrayTypes).
 */
export const arrayTypes = {
  text_array: arrayOf(1009, String),
  int_array: arrayOf(1007, Number),
  // In decimal digits, all of them: the sums of a full lane-day are above 2^53. Costs less than Number does.
  bigint_array: arrayOf(1016, String),
  numeric_array: arrayOf(1231, String),
  date_array: arrayOf(1182, String),
}

type Element = string | number | bigint | null

/** `oid` is the array's own in pg_type, which is the same on every server. */
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

/** The elements of `{1,"a \"b\"",NULL}`. */
function split (text: string): Array<string | null> {
  const inner = text.slice(1, -1)
  if (inner === '') return []
  if (!inner.includes('"')) return inner.split(',').map(element => element === 'NULL' ? null : element)
  return [...inner.matchAll(/"((?:[^"\\]|\\.)*)"|[^,]+/gs)]
    .map(([match, quoted]) => quoted === undefined ? (match === 'NULL' ? null : match) : quoted.replace(/\\(.)/gs, '$1'))
}
