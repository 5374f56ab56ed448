import type { FastifyInstance } from 'fastify'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { Type, type Static } from 'typebox'
import { csvLine } from '../../runtime/csv.ts'
import { authenticate } from '../../runtime/keys.ts'
import { negotiate } from '../../runtime/media-type.ts'
import { Problem } from '../../runtime/problem.ts'
import type { IngestionApi } from '../app.ts'
import { ownManifest, viewNow } from '../lookup.ts'
import { RowError } from '../view.ts'
import { problemResponses } from './responses.ts'

const columns = ['row', 'column', 'value', 'code', 'message', 'original'] as const
const types = ['text/csv', 'application/x-ndjson'] as const

/** `GET /batches/<id>/errors`: every bad row of a rejected batch; nothing but the header for one that ended well. */
export function registerErrors (app: FastifyInstance, { store, sql, log, keys }: IngestionApi): void {
  app.get<{ Params: { id: string } }>('/batches/:id/errors', {
    schema: {
      summary: 'Every bad row, as CSV or NDJSON',
      tags: ['batches'],
      security: [{ key: [] }],
      params: Type.Object({ id: Type.String({ maxLength: 256 }) }),
      response: {
        200: { description: 'One line for each', content: { 'text/csv': { schema: Type.String() }, 'application/x-ndjson': { schema: RowError } } },
        ...problemResponses(401, 403, 404, 406, 503),
      },
    },
  }, async (request, reply) => {
    const { provider } = authenticate(request, keys(), 'read')
    const type = negotiate(request, reply, types)
    const manifest = await ownManifest(store, provider, request.params.id)
    const { state } = await viewNow(sql, log, manifest)
    if (state === 'accepted') throw new Problem('database-unavailable', 'Whether there is a report cannot be said now; try again')
    if (state === 'queued' || state === 'processing') throw new Problem('no-report', `The batch is ${state}: its report comes with its end`)
    const report = await openReport(manifest.id, state)
    return reply.type(`${type}; charset=utf-8`).header('cache-control', 'no-store').send(type === 'text/csv' ? Readable.from(asCsv(report)) : report)
  })

  async function openReport (id: string, state: string): Promise<Readable> {
    if (state !== 'rejected') return Readable.from([])
    try {
      const report = await store.openReport(id)
      if (report) return report
    } catch (cause) {
      throw new Problem('store-unavailable', 'The report cannot be read now; try again', { cause })
    }
    throw new Problem('no-report', 'The report of this batch is no longer kept')
  }
}

async function * asCsv (report: Readable): AsyncGenerator<string> {
  yield csvLine(columns)
  for await (const line of createInterface({ input: report, crlfDelay: Infinity })) {
    if (line === '') continue
    const error = JSON.parse(line) as Static<typeof RowError>
    yield csvLine(columns.map(column => error[column]))
  }
}
