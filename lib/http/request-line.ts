import { pino } from 'pino'
import { levels, type Log, type LogStream } from '../process/log.ts'
import { spanIdOf, traceIdOf } from '../process/trace.ts'

/** What the log says of a request. */
export type RequestLine = {
  traceparent: string
  method: string
  /** Of this code; null where none was found. */
  route: string | null
  /** As the client sent it: path and query. */
  url: string
  status: number
  ms: number
}

const maxUrlChars = 500
/** Characters that cannot stand in a JSON string as they are. */
const needEscape = /["\\\u0000-\u001f\u007f-\uffff]/ // eslint-disable-line no-control-regex

/**
 * Writes the one line of a request past pino's own making of lines, which takes a tenth of the time of the whole request
 * (docs/decisions/0014): the same JSON, to where the log's other lines go. All but the URL is this code's own, so that there is
 * nothing to search for secrets and only the URL to escape. What is the same in many lines is put together once.
 */
export function requestLines (log: Log, level: 'info' | 'debug'): (line: RequestLine) => void {
  if (!log.isLevelEnabled(level)) return () => {}
  const stream = (log as unknown as Record<symbol, LogStream>)[pino.symbols.streamSym]!
  // The bindings of the log, as pino keeps them: `,"name":"rates-api"`.
  const bindings = (log as unknown as Record<symbol, string>)[pino.symbols.chindingsSym] ?? ''
  const head = memoizeLast((ms: number) => `{"level":${levels[level]},"time":"${new Date(ms).toISOString()}"${bindings},"requestId":"`)
  const middle = memoizeLast((route: string | null, method: string) => `","method":"${method}","route":${JSON.stringify(route)},"url":"`)
  const tail = memoizeLast((status: number) => `","status":${status},"ms":`)
  const later = stream.later ?? ((line: () => string) => stream.write(line()))
  return ({ traceparent, method, route, url, status, ms }) => {
    const at = Date.now()
    later(() => {
      const tenths = Math.round(ms * 10) // whole numbers are written faster than fractions are
      return `${head(at)}${spanIdOf(traceparent)}","traceId":"${traceIdOf(traceparent)}${middle(route, method)}${escape(url)}${
        tail(status)}${Math.floor(tenths / 10)}.${tenths % 10},"msg":"request"}\n`
    })
  }
}

/** Makes a text anew only when it is about something else than the last one. */
function memoizeLast<A, B> (make: (a: A, b: B) => string): (a: A, b?: B) => string {
  let last: [a: A, b: B, text: string] | undefined
  return (a, b) => {
    if (last?.[0] !== a || last[1] !== b) last = [a, b as B, make(a, b as B)]
    return last[2]
  }
}

function escape (url: string): string {
  const text = url.length > maxUrlChars ? url.slice(0, maxUrlChars) : url
  return needEscape.test(text) ? JSON.stringify(text).slice(1, -1) : text
}
