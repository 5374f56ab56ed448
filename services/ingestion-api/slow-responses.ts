import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../../lib/metrics/metrics.ts'
import { waitedMs } from './waiting/wait-for-end.ts'

/**
 * Counts the responses that begin `slowMs` ms or more after their requests. The wait for the end of a batch does not count, because the client
 * asks for it. On AWS a deployment is rolled back for slow responses (infra/components/observability/rollback-alarms.ts).
 */
export function countSlowResponses (app: FastifyInstance, metrics: Metrics, slowMs: number): void {
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (reply.elapsedTime - waitedMs(request) >= slowMs) metrics.count('freight_http_slow_responses_total', {})
    done()
  })
}
