import { Type, type Static } from 'typebox'
import { states, type Manifest, type State } from '../../lib/batch/batch.ts'
import type { BatchRecord } from '../../lib/batch/records.ts'
import type { ReportedCell } from '../../lib/batch/report/reported-error.ts'
import { UnderstoodView } from './understood-view.ts'

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]> (type: T) => Type.Union([type, Type.Null()])

/** An invalid row, as the report describes it. */
export const RowError = Type.Object({
  row: Type.Integer({ description: 'number of the row, from 1, without the header; of a sheet the number in the sheet; 0 is the file itself' }),
  cell: Type.Optional(Type.String({ description: 'place of the value in a workbook, such as Rates!B17' })),
  column: Nullable(Type.String()),
  value: Nullable(Type.String()),
  code: Type.String(),
  message: Type.String(),
  original: Nullable(Type.String({ description: 'the row as it was sent, cut at 1,000 characters' })),
  cells: Type.Optional(Type.Array(Type.Unsafe<ReportedCell>({ description: 'text, number, null, or an object with a day' }), {
    description: 'the first 50 cells of the row of a workbook, in the first error of the row; only in the report',
  })),
})

/** A batch, as its provider sees it. */
export const BatchView = Type.Object({
  id: Type.String(),
  state: Type.Unsafe<State>(Type.String({
    description: `${states.slice(0, -1).join(', ')} or ${states.at(-1)}; accepted while the database is unavailable`,
  })),
  provider: Type.String(),
  mode: Type.String({ description: 'apply or dry_run' }),
  format: Type.String(),
  digest: Type.String({ description: 'SHA-256 in hex: of the decoded content, or of the file as it was sent for an upload' }),
  bytes: Type.Integer(),
  decoded_bytes: Nullable(Type.Integer()),
  accepted_at: Type.String(),
  started_at: Nullable(Type.String()),
  finished_at: Nullable(Type.String()),
  attempts: Nullable(Type.Integer()),
  rows: Nullable(Type.Integer({ description: 'rows of the batch; of an applied batch with validities the number of its prices; null until all have been read' })),
  rows_read: Nullable(Type.Integer({ description: 'rows read so far by the latest attempt' })),
  rows_expected: Nullable(Type.Integer({ description: 'estimate of the rows that the attempt will have read at its end; null if unknown' })),
  error_count: Nullable(Type.Integer()),
  first_errors: Type.Array(RowError, { description: 'at most one hundred; /batches/<id>/errors has all' }),
  last_line_ended: Nullable(Type.Boolean({
    description: 'false: the last line of a CSV or NDJSON file has no line end, as in a truncated file; null if unknown',
  })),
  reason: Nullable(Type.String()),
  replaces: Type.Optional(Type.Array(Type.String(), { description: 'batches that this one takes back in the moment in which it is applied; "previous" until the latest batch of its series is found' })),
  series: Type.Optional(Type.String({ description: 'the Batch-Series of the request' })),
  replaced_by: Type.Optional(Type.String({ description: 'the batch that has taken this one back' })),
  withdrawn_at: Type.Optional(Type.String({ description: 'when the batch was withdrawn or replaced: from then on its prices do not count' })),
  why: Type.Optional(Type.String({ description: 'why the batch was withdrawn' })),
  held_at: Type.Optional(Type.String({ description: 'when the check for outliers has set the batch aside' })),
  purged_at: Type.Optional(Type.String({ description: 'when the file and the prices were removed for ever' })),
  understood: Type.Optional(UnderstoodView),
  file_name: Type.Optional(Type.String({ description: 'the name of the file in a form, for display; at most 200 characters; not in a list' })),
  advice: Type.Optional(Nullable(Type.String({ description: 'for a rejected, dead_lettered or discarded batch: what can be done; not in a list' }))),
})
export type BatchView = Static<typeof BatchView>

/** Members that a view has only if they have a value. */
const optional = ['replaces', 'series', 'replaced_by', 'withdrawn_at', 'why', 'held_at', 'purged_at', 'understood'] as const

export function viewOfRecord ({ row_count: rows, ...record }: BatchRecord): BatchView {
  const view = { ...record, format: record.format!, rows, first_errors: record.first_errors as BatchView['first_errors'] }
  for (const name of optional) if (view[name] === null) delete (view as Partial<typeof view>)[name]
  return view as BatchView
}

/** Serializes a view as JSON. Fastify's serialization by schema takes four times as long for a hundred errors. */
export const viewSerializer = () => (view: unknown): string => JSON.stringify(view)

/**
 * Builds a view from the manifest alone. If the database has no row for the batch, no worker has begun: `queued`. If the database is
 * unavailable, only the acceptance is known: `accepted`.
 */
export function viewOfManifest (manifest: Manifest, state: 'queued' | 'accepted'): BatchView {
  const { id, provider, mode, format, digest, bytes, decodedBytes, acceptedAt } = manifest
  return {
    id, state, provider, mode, format, digest, bytes, decoded_bytes: decodedBytes, accepted_at: acceptedAt,
    started_at: null, finished_at: null, attempts: state === 'queued' ? 0 : null, rows: null, rows_read: null, rows_expected: null,
    error_count: null, first_errors: [], last_line_ended: null, reason: null, ...correctionOf(manifest), ...fileNameOf(manifest), advice: null,
  }
}

/** The name of the file is in the manifest alone. */
export const fileNameOf = ({ fileName }: Manifest): Pick<BatchView, 'file_name'> => fileName === undefined ? {} : { file_name: fileName }

function correctionOf ({ replaces, series }: Manifest): Pick<BatchView, 'replaces' | 'series'> {
  return { ...(replaces === undefined ? {} : { replaces: replaces === 'previous' ? [replaces] : replaces }), ...(series === undefined ? {} : { series }) }
}
