import type { IncomingHttpHeaders } from 'node:http'

/** Whether a conditional request (RFC 9110, 13) applies to what is stored. `not modified` is for GET only. */
export type Precondition = 'met' | 'failed' | 'not modified'

/**
 * Evaluates `If-Match` and `If-None-Match` of a request. `tag` is the opaque tag of the current version, without quotes; null if there is none. A
 * malformed header matches nothing.
 */
export function evaluate ({ 'if-match': match, 'if-none-match': noneMatch }: IncomingHttpHeaders, tag: string | null, method: string): Precondition {
  if (match !== undefined && !names(match, tag, false)) return 'failed'
  if (noneMatch === undefined || !names(noneMatch, tag, true)) return 'met'
  return method === 'GET' || method === 'HEAD' ? 'not modified' : 'failed'
}

/** Returns whether a header names the tag. `If-Match` compares strong tags only. */
function names (header: string, tag: string | null, allowsWeak: boolean): boolean {
  if (tag === null) return false
  return header.trim() === '*' || header.split(',').some(given => given.trim().replace(allowsWeak ? /^W\// : '', '') === `"${tag}"`)
}
