import type { FastifyInstance } from 'fastify'
import { PassThrough, pipeline, Readable } from 'node:stream'
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { Type, type Static } from 'typebox'
import { csvLine, inertCsvLine } from '../../../lib/http/csv.ts'
import { negotiate } from '../../../lib/http/media-type.ts'
import { accessProblems, providerOf, requireKey } from '../../../lib/api-keys/require-key.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { Problem } from '../../../lib/http/problem.ts'
import type { IngestionApi } from '../context.ts'
import { ownManifest, readBatchView } from '../lookup.ts'
import { RowError } from '../view.ts'

const columns = ['row', 'column', 'value', 'code', 'message', 'original'] as const
const types = ['text/csv', 'application/x-ndjson'] as const

/** `GET /batches/<id>/errors`: every bad row of a rejected batch; nothing but the header for one that ended well. */
export function registerErrors (app: FastifyInstance, { store, sql, log, keys, limitReads }: IngestionApi): void {
  app.get<{ Params: { id: string } }>('/batches/:id/errors', {
    schema: {
      summary: 'Every bad row, as CSV or NDJSON',
      description: 'NDJSON has each value as it was sent. CSV is for spreadsheets: where a cell would be taken for a formula, because it begins with =, +, - or @ ' +
        'for example, there is a \' in front of it, and the field is quoted.',
      tags: ['batches'],
      security: [{ key: [] }],
      params: Type.Object({ id: Type.String({ maxLength: 256 }) }),
      response: {
        200: { description: 'One line for each bad row', content: { 'text/csv': { schema: Type.String() }, 'application/x-ndjson': { schema: RowError } } },
        ...documentedProblems(...accessProblems('read'), 'not-found', 'unknown-batch', 'no-report', 'not-acceptable', 'too-many-requests',
          'store-unavailable', 'database-unavailable'),
      },
    },
    onRequest: [requireKey(keys, 'read'), limitReads],
  }, async (request, reply) => {
    const provider = providerOf(request)
    const type = negotiate(request, reply, types)
    const manifest = await ownManifest(store, provider, request.params.id)
    const { state } = await readBatchView(sql, log, manifest)
    const report = await openReport(manifest.id, state)
    return reply.type(`${type}; charset=utf-8`).header('cache-control', 'no-store').send(type === 'text/csv' ? toCsv(report) : report)
  })

  async function openReport (id: string, state: string): Promise<Readable> {
    if (state === 'accepted') throw new Problem('database-unavailable', 'It is not known now whether there is a report; try again')
    if (state === 'applied' || state === 'validated') return Readable.from([])
    if (state !== 'rejected') throw new Problem('no-report', `The batch is ${state}: only a rejected one has bad rows to report`)
    try {
      const report = await store.openReport(id)
      if (report) return report
    } catch (cause) {
      throw new Problem('store-unavailable', 'The report cannot be read now; try again', { cause })
    }
    throw new Problem('no-report', 'The report of this batch was deleted')
  }
}

/** Whatever ends one of the two streams ends the other: a report that breaks off, a client that goes away. */
function toCsv (report: Readable): Readable {
  return pipeline(report, csvText, new PassThrough(), () => {})
}

/**
 * One piece of CSV for each piece of the report that the store gives, and a turn of the event loop between them: a report that
 * has arrived would otherwise be read to its end before another request is looked at.
 */
async function * csvText (report: Readable): AsyncGenerator<string> {
  yield csvLine(columns)
  for await (const lines of lineGroups(report)) {
    yield lines.map(toCsvLine).join('')
    await yieldToEventLoop()
  }
}

function toCsvLine (line: string): string {
  const error = JSON.parse(line) as Static<typeof RowError>
  return inertCsvLine(columns.map(column => error[column]))
}

/** By line feed alone: node:readline also ends a line at U+2028, which JSON has within strings. */
async function * lineGroups (text: Readable): AsyncGenerator<string[]> {
  let rest = ''
  for await (const piece of text.setEncoding('utf8')) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop()!
    if (lines.length > 0) yield lines
  }
  if (rest) yield [rest]
}
