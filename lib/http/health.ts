import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { withDeadline } from '../process/deadline.ts'
import { isShuttingDown } from './drain.ts'

/** Resolves when the dependency can be used, rejects when it cannot. */
export type Check = () => Promise<unknown>

export type HealthOptions = {
  /** Longest time of a check, in milliseconds. */
  limitMs?: number
  /** What else there is to know: it goes into the answer, and decides nothing. */
  details?: (() => Record<string, unknown>) | undefined
}

/**
 * `GET /live` asks the process alone: a supervisor restarts what does not answer, and a restart does not bring a database
 * back. `GET /ready` asks what this process cannot do its work without.
 */
export function registerHealth (app: FastifyInstance, checks: Record<string, Check>, options: HealthOptions = {}): void {
  const { limitMs = 3_000, details = () => ({}) } = options
  app.get('/live', { schema: { summary: 'Whether the process runs', tags: ['health'], response: { 200: Type.Object({ status: Type.Literal('live') }) } } },
    async () => ({ status: 'live' as const }))

  const ReadyResponse = Type.Object({
    status: Type.Union([Type.Literal('ready'), Type.Literal('unready')]), checks: Type.Record(Type.String(), Type.String()),
  }, { additionalProperties: true })
  app.get('/ready', { schema: { summary: 'Whether the process can do its work', tags: ['health'], response: { 200: ReadyResponse, 503: ReadyResponse } } },
    async (_request, reply) => {
      const results = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await outcome(check, limitMs)] as const))
      if (isShuttingDown(app)) results.push(['process', 'ENDING'])
      const ready = results.every(([, result]) => result === 'ok')
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unready', checks: Object.fromEntries(results), ...details() })
    })
}

/** The code and no more: a message may name hosts and users. */
function outcome (check: Check, limitMs: number): Promise<string> {
  return withDeadline(check(), limitMs).then(() => 'ok', error => String((error as { code?: string }).code ?? 'failed'))
}
