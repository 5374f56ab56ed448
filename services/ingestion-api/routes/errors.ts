import type { FastifyInstance } from 'fastify'
import { Readable } from 'node:stream'
import { Type, type Static } from 'typebox'
import { mediaTypes } from '../../../lib/batch/batch.ts'
import type { Causes } from '../../../lib/batch/report/causes.ts'
import { negotiate } from '../../../lib/http/media-type.ts'
import { accessProblems, providerOf, requireKey } from '../../../lib/api-keys/require-key.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { Problem } from '../../../lib/http/problem.ts'
import type { IngestionApi } from '../context.ts'
import { ownManifest, readBatchView } from '../lookup.ts'
import { toCsv } from '../report/as-csv.ts'
import { CauseView, causesCsv, causesNdjson, causeViews, groupLines } from '../report/by-cause.ts'
import { toWorkbook } from '../report/workbook/workbook.ts'
import { RowError, type BatchView } from '../view.ts'

const texts = ['text/csv', 'application/x-ndjson'] as const
const ErrorsQuery = Type.Object({ by: Type.Optional(Type.Enum(['cause'], { description: 'groups the errors by code and column' })) })

/** `GET /batches/<id>/errors`: the invalid rows of a rejected batch, or their causes; only the header for an applied or validated batch. */
export function registerErrors (app: FastifyInstance, { store, sql, log, keys, limitReads }: IngestionApi): void {
  app.get<{ Params: { id: string }, Querystring: Static<typeof ErrorsQuery> }>('/batches/:id/errors', {
    schema: {
      summary: 'The invalid rows, or their causes, as CSV or NDJSON, and of a workbook as a workbook',
      description: 'NDJSON has each value as it was sent. CSV is for spreadsheets: a cell that a spreadsheet would interpret as a formula, for example because it ' +
        'begins with =, +, - or @, has a \' in front, and the field is quoted. A workbook has a sheet with the causes and one with the bad rows; its texts are never formulas. ' +
        'A report has at most ERRORS_MAX_ROWS errors. If there are more, its last line has the code more_errors. The counts of by=cause are those of all errors.',
      tags: ['batches'],
      security: [{ key: [] }],
      params: Type.Object({ id: Type.String({ maxLength: 256 }) }),
      querystring: ErrorsQuery,
      response: {
        200: {
          description: 'One line for each error, or for each cause',
          content: {
            'text/csv': { schema: Type.String() },
            'application/x-ndjson': { schema: Type.Union([RowError, CauseView]) },
            [mediaTypes.xlsx]: { schema: Type.String({ format: 'binary', description: 'only for a batch that was sent as a workbook; without by=cause' }) },
          },
        },
        ...documentedProblems(...accessProblems('read'), 'invalid-parameters', 'not-found', 'unknown-batch', 'no-report', 'not-acceptable', 'too-many-requests',
          'store-unavailable', 'database-unavailable'),
      },
    },
    onRequest: [requireKey(keys, 'read'), limitReads],
  }, async (request, reply) => {
    reply.header('vary', 'Accept')
    const manifest = await ownManifest(store, providerOf(request), request.params.id)
    const view = await readBatchView(sql, log, manifest)
    const isByCause = request.query.by === 'cause'
    const isWorkbook = (view.understood?.format ?? view.format) === 'xlsx'
    const type = isWorkbook && !isByCause
      ? negotiate(request, reply, [...texts, mediaTypes.xlsx])
      : negotiate(request, reply, texts, isWorkbook ? `/batches/${view.id}/errors has the report, with the causes, as a workbook` : undefined)
    reply.header('cache-control', 'no-store')
    if (type === mediaTypes.xlsx) {
      const causes = await causesOf(view)
      return reply.type(type).header('content-disposition', 'attachment; filename="errors.xlsx"').send(toWorkbook(await openReport(view), causes))
    }
    reply.type(`${type}; charset=utf-8`)
    if (isByCause) {
      const views = causeViews(await causesOf(view))
      return reply.send(type === 'text/csv' ? causesCsv(views) : causesNdjson(views))
    }
    const report = await openReport(view)
    return reply.send(type === 'text/csv' ? toCsv(report, isWorkbook) : report)
  })

  /** Reads the causes that the worker has stored. Those of another report, or of an earlier release, are counted from its lines. */
  async function causesOf (view: BatchView): Promise<Causes> {
    const stored = view.state === 'rejected' ? await read(() => store.readCauses(view.id)) : null
    if (stored?.errors === view.error_count && stored) return stored
    const report = await openReport(view)
    return await read(() => groupLines(report))
  }

  async function openReport ({ id, state }: BatchView): Promise<Readable> {
    if (state === 'accepted') throw new Problem('database-unavailable', 'The state of the batch is unknown while the database is unavailable; try again')
    if (state === 'applied' || state === 'validated') return Readable.from([])
    if (state !== 'rejected') throw new Problem('no-report', `The batch is ${state}: only a rejected batch has a report`)
    const report = await read(() => store.openReport(id))
    if (!report) throw new Problem('no-report', 'The report of this batch was deleted')
    return report
  }
}

async function read<T> (get: () => Promise<T>): Promise<T> {
  try {
    return await get()
  } catch (cause) {
    throw new Problem('store-unavailable', 'The report cannot be read now; try again', { cause })
  }
}
