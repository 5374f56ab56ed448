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

/** `GET /batches/<id>/errors`: every invalid row of a rejected batch; only the header for an applied or validated batch. */
export function registerErrors (app: FastifyInstance, { store, sql, log, keys, limitReads }: IngestionApi): void {
  app.get<{ Params: { id: string } }>('/batches/:id/errors', {
    schema: {
      summary: 'Every invalid row, as CSV or NDJSON',
      description: 'NDJSON has each value as it was sent. CSV is for spreadsheets: a cell that a spreadsheet would interpret as a formula, for example because it ' +
        'begins with =, +, - or @, has a \' in front, and the field is quoted.',
      tags: ['batches'],
      security: [{ key: [] }],
      params: Type.Object({ id: Type.String({ maxLength: 256 }) }),
      response: {
        200: { description: 'One line for each invalid row', content: { 'text/csv': { schema: Type.String() }, 'application/x-ndjson': { schema: RowError } } },
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
    if (state === 'accepted') throw new Problem('database-unavailable', 'The state of the batch is unknown while the database is unavailable; try again')
    if (state === 'applied' || state === 'validated') return Readable.from([])
    if (state !== 'rejected') throw new Problem('no-report', `The batch is ${state}: only a rejected batch has a report`)
    try {
      const report = await store.openReport(id)
      if (report) return report
    } catch (cause) {
      throw new Problem('store-unavailable', 'The report cannot be read now; try again', { cause })
    }
    throw new Problem('no-report', 'The report of this batch was deleted')
  }
}

/** Converts a report to CSV. An error or a close of one stream closes the other: the report fails, or the client disconnects. */
function toCsv (report: Readable): Readable {
  return pipeline(report, csvText, new PassThrough(), () => {})
}

/**
 * Yields one chunk of CSV per chunk of the report, and yields to the event loop between chunks. Without this, a report that has
 * already arrived would be converted to its end before another request is handled.
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

/** Splits by line feed only. node:readline also splits at U+2028, which JSON allows within strings. */
async function * lineGroups (text: Readable): AsyncGenerator<string[]> {
  let rest = ''
  for await (const piece of text.setEncoding('utf8')) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop()!
    if (lines.length > 0) yield lines
  }
  if (rest) yield [rest]
}
