import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import type { Metrics } from '../metrics/metrics.ts'
import type { Log } from '../process/log.ts'
import { requestLines } from './request-line.ts'
import { continueTrace, spanIdOf, traceIdOf } from '../process/trace.ts'

/** Returns the span id, which clients see as the request id. Fastify's own request id is the whole `traceparent`. */
export const requestIdOf = (request: FastifyRequest): string => spanIdOf(request.id)

/** Adds the request id and the trace id to every log line of a request. */
export const requestIdentity: Pick<FastifyServerOptions, 'genReqId' | 'requestIdHeader' | 'childLoggerFactory'> = {
  requestIdHeader: false,
  genReqId: ({ headers }) => continueTrace(headers.traceparent),
  childLoggerFactory: (log, bindings, options) =>
    new RequestLog(log, options as object, (bindings as { reqId: string }).reqId) as unknown as FastifyBaseLogger,
}

/** Creates the logger of a request at its first use, because most requests log only their one request line. */
class RequestLog {
  readonly #parent: FastifyBaseLogger
  readonly #options: object
  readonly #traceparent: string
  #child: FastifyBaseLogger | undefined

  constructor (parent: FastifyBaseLogger, options: object, traceparent: string) {
    this.#parent = parent
    this.#options = options
    this.#traceparent = traceparent
  }

  get #log (): FastifyBaseLogger {
    this.#child ??= this.#parent.child(this.#ids, this.#options) as FastifyBaseLogger
    return this.#child
  }

  get #ids () {
    return { requestId: spanIdOf(this.#traceparent), traceId: traceIdOf(this.#traceparent) }
  }

  get level () { return this.#log.level }
  fatal (...args: [object, string?]): void { this.#log.fatal(...args) }
  error (...args: [object, string?]): void { this.#log.error(...args) }
  warn (...args: [object, string?]): void { this.#log.warn(...args) }
  info (...args: [object, string?]): void { this.#log.info(...args) }
  debug (...args: [object, string?]): void { this.#log.debug(...args) }
  trace (...args: [object, string?]): void { this.#log.trace(...args) }
  silent (...args: [object, string?]): void { this.#log.silent(...args) }
  child (bindings: object, options?: object) { return this.#log.child(bindings, options) }
}

const healthRoutes = new Set<string | undefined>(['/live', '/ready'])

/** Writes one log line and one observation per request. Health checks are logged at `debug` and not counted. */
export function logRequests (app: FastifyInstance, log: Log, metrics: Metrics | undefined): void {
  const [logRequest, logHealthCheck] = [requestLines(log, 'info'), requestLines(log, 'debug')]
  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
    const { method, url, routeOptions: { url: route } } = request
    const status = reply.statusCode
    const ms = reply.elapsedTime
    const isHealth = healthRoutes.has(route)
    ;(isHealth ? logHealthCheck : logRequest)({ traceparent: request.id, method, route: route ?? null, url, status, ms })
    if (metrics && !isHealth) {
      metrics.observe('freight_http_request_seconds', { method, route: route ?? 'none', status: String(status) }, ms / 1_000)
      if (status >= 500) metrics.count('freight_http_server_errors_total', {})
    }
    done()
  })
}
