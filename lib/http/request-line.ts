import { levels, streamOf, type Log } from '../process/log.ts'
import { spanIdOf, traceIdOf } from '../process/trace.ts'

/** The log line of a request. */
export type RequestLine = {
  traceparent: string
  method: string
  /** The pattern of the matched route; null if no route matched. */
  route: string | null
  /** Path and query, as the client sent them. */
  url: string
  status: number
  ms: number
}

const maxUrlChars = 500
/** Matches characters that a JSON string must escape, and all non-ASCII characters. */
const needEscape = /["\\\u0000-\u001f\u007f-\uffff]/ // eslint-disable-line no-control-regex

/**
 * Writes the log line of each request without pino's serialization, which takes a tenth of the whole request's time
 * (docs/decisions/0014). The line is the same JSON in the same stream. Only the URL comes from the client: only the URL needs
 * escaping, and the line needs no redaction. Parts that many lines share are built once.
 */
export function requestLines (log: Log, level: 'info' | 'debug'): (line: RequestLine) => void {
  if (!log.isLevelEnabled(level)) return () => {}
  const stream = streamOf(log)
  if (!stream) return line => log[level](fieldsOf(line), 'request')
  const bindings = JSON.stringify(log.bindings()).replace(/^\{(.*)\}$/s, (_, inner: string) => inner && `,${inner}`)
  const head = memoizeLast((ms: number) => `{"level":${levels[level]},"time":"${new Date(ms).toISOString()}"${bindings},"requestId":"`)
  const middle = memoizeLast((route: string | null, method: string) => `","method":"${method}","route":${JSON.stringify(route)},"url":"`)
  const tail = memoizeLast((status: number) => `","status":${status},"ms":`)
  const later = stream.later ?? ((line: () => string) => stream.write(line()))
  return ({ traceparent, method, route, url, status, ms }) => {
    const at = Date.now()
    later(() => {
      const tenths = Math.round(ms * 10) // formatting integers is faster than formatting fractions
      return `${head(at)}${spanIdOf(traceparent)}","traceId":"${traceIdOf(traceparent)}${middle(route, method)}${escape(url)}${
        tail(status)}${Math.floor(tenths / 10)}.${tenths % 10},"msg":"request"}\n`
    })
  }
}

/** Builds a text again only if its arguments differ from those of the last call. */
function memoizeLast<A, B> (make: (a: A, b: B) => string): (a: A, b?: B) => string {
  let last: [a: A, b: B, text: string] | undefined
  return (a, b) => {
    if (last?.[0] !== a || last[1] !== b) last = [a, b as B, make(a, b as B)]
    return last[2]
  }
}

function fieldsOf ({ traceparent, url, ms, ...line }: RequestLine): object {
  return { requestId: spanIdOf(traceparent), traceId: traceIdOf(traceparent), ...line, url: url.slice(0, maxUrlChars), ms: Math.round(ms * 10) / 10 }
}

function escape (url: string): string {
  const text = url.length > maxUrlChars ? url.slice(0, maxUrlChars) : url
  return needEscape.test(text) ? JSON.stringify(text).slice(1, -1) : text
}
