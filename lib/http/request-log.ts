import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import type { Metrics } from '../metrics/metrics.ts'
import type { Log } from '../process/log.ts'
import { requestLines } from './request-line.ts'
import { continueTrace, spanIdOf, traceIdOf } from '../process/trace.ts'

/** A request's id here is its `traceparent`, which names its piece of the trace: to others that piece alone is the request's id. */
export const requestIdOf = (request: FastifyRequest): string => spanIdOf(request.id)

/** Every line of a request's log names that id and the trace. */
export const requestIdentity: Pick<FastifyServerOptions, 'genReqId' | 'requestIdHeader' | 'childLoggerFactory'> = {
  requestIdHeader: false,
  genReqId: ({ headers }) => continueTrace(headers.traceparent),
  childLoggerFactory: (log, bindings, options) =>
    new RequestLog(log, options as object, (bindings as { reqId: string }).reqId) as unknown as FastifyBaseLogger,
}

/** Most requests say nothing but their one line: their logger is made when it is first used. */
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

/** One line and one observation for each request; what health checks ask is for debugging only, and not counted. */
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
