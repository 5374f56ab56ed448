import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { withDeadline } from '../process/deadline.ts'
import { isShuttingDown } from './drain.ts'

/** Resolves if the dependency can be used, and rejects if not. */
export type Check = () => Promise<unknown>

export type HealthOptions = {
  /** Maximum duration of a check, in ms. */
  limitMs?: number
  /** Additional members of the response. They do not affect the status. */
  details?: (() => Record<string, unknown>) | undefined
}

/**
 * Registers `GET /live` and `GET /ready`. `/live` checks the process only: a supervisor restarts a process that does not answer, and a
 * restart does not repair a database. `/ready` checks the dependencies that this process cannot work without.
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

/** Returns the code only, because a message may name hosts and users. */
function outcome (check: Check, limitMs: number): Promise<string> {
  return withDeadline(check(), limitMs).then(() => 'ok', error => String((error as { code?: string }).code ?? 'failed'))
}
