import { createHash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { isInProgress, type State } from '../../../lib/batch/batch.ts'
import type { Understood } from '../../../lib/batch/understood.ts'
import { pathFromCaller } from '../../../lib/process/npm.ts'
import { CommandError } from '../command-error.ts'
import { counted } from './counted.ts'
import { mediaOf, type FileMedia } from './media-type.ts'
import { openProgress } from './progress.ts'
import { skippedLines, spanLines } from './understood-lines.ts'

export type SubmitOptions = {
  url: string, apiKey: string, key: string | undefined, dryRun: boolean
  rows?: string | undefined, replaces?: string | undefined, series?: string | undefined, profile?: string | undefined
}

type Batch = {
  /** Whether the batch was accepted by an earlier request. Only the response to `POST /batches` says so. */
  replayed: boolean
  /** Whether the server has waited as `Prefer` asks. Otherwise the client pauses before its next request. */
  hasWaited: boolean
  id: string, state: State, reason: string | null, first_errors: RowError[]
  rows: number | null, rows_read: number | null, rows_expected: number | null, error_count: number | null, last_line_ended: boolean | null
  understood?: Understood
}
type RowError = { row: number, column: string | null, value: string | null, code: string, message: string }

/** Maximum wait of one request for the end of the batch. After each request the progress is shown. */
const prefer = 'wait=2'

/** Thrown if the provider used the same key for other content before. */
export class KeyReused extends CommandError {}

/** Sends a file as a batch and waits for its final state. Throws CommandError unless the state is applied or validated. */
export async function submitFile (path: string, options: SubmitOptions, progress = openProgress()): Promise<void> {
  const digest = await sha256Of(path)
  const body = Readable.toWeb(readFile(path, sent => progress.show(`sending ${sent} %`))) as ReadableStream
  await submit(body, { ...mediaOf(path), digest }, options, progress)
}

/** Sends content as a batch, like {@link submitFile}. `digest` is the content's SHA-256 in base64. */
export async function submit (
  body: ReadableStream | Uint8Array, { type, gzip, digest }: FileMedia & { digest: string },
  { url, apiKey, key, dryRun, ...parameters }: SubmitOptions,
  progress = openProgress()
): Promise<void> {
  const { rows, replaces, series, profile } = parameters
  const authorization = `Bearer ${apiKey}`
  const query = new URLSearchParams(Object.entries({ dry_run: dryRun ? 'true' : undefined, rows, replaces, profile })
    .filter((entry): entry is [string, string] => entry[1] !== undefined))
  let batch = await readResponse(fetch(new URL(query.size > 0 ? `/batches?${query}` : '/batches', url), {
    method: 'POST',
    body,
    duplex: 'half',
    headers: {
      authorization,
      prefer,
      'content-type': type,
      'content-digest': `sha-256=:${digest}:`,
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...(series === undefined ? {} : { 'batch-series': series }),
    },
  } as RequestInit))
  progress.line(`batch ${batch.id}${batch.replayed ? ', accepted by an earlier request' : ''}`)
  for (let pauseMs = 50; isInProgress(batch.state);) {
    progress.show(`${batch.state}${batch.rows_read ? `, ${thousands(batch.rows_read)} of ${thousands(batch.rows_expected)} rows read` : ''}`)
    if (!batch.hasWaited) {
      await wait(pauseMs)
      pauseMs = Math.min(pauseMs * 1.5, 2_000)
    }
    batch = await readResponse(fetch(new URL(`/batches/${batch.id}`, url), { headers: { authorization, prefer } }))
  }
  if (batch.last_line_ended === false) progress.line('the last line has no line end: check that the file is complete')
  const rowsOfFile = batch.understood?.rows ?? batch.rows // a row with a validity has several prices
  if (rows !== undefined && rowsOfFile !== null && rowsOfFile !== Number(rows) && batch.state === 'applied') {
    throw new CommandError(`an earlier request has applied this file with ${rowsOfFile.toLocaleString('en')} rows, not ${rows}: the file may have missing or additional rows`)
  }
  const { understood } = batch
  const showSkipped = (): void => { for (const line of understood ? skippedLines(understood) : []) progress.line(line) }
  if (batch.state === 'applied' || batch.state === 'validated') {
    showSkipped()
    if (dryRun && understood) for (const line of spanLines(understood)) progress.line(line)
    return progress.line(`${batch.state}: ${contentOf(batch)}`)
  }
  for (const { row, column, value, code, message } of batch.first_errors) {
    progress.line(`row ${row}${column ? `, ${column}` : ''}: ${code}: ${message}${value === null ? '' : ` (${JSON.stringify(value)})`}`)
  }
  showSkipped()
  throw new CommandError(`${batch.state}: ${batch.state === 'rejected'
    ? `${counted(batch.error_count ?? 0, 'error')} in ${counted(batch.rows ?? 0, 'row')}; no row is visible; ` +
      `all errors, with the header Authorization: Bearer API_KEY: ${new URL(`/batches/${batch.id}/errors?by=cause`, url).href}`
    : batch.reason ?? ''}`)
}

/** Returns the number of rows, and of prices if they are not as many: a row with a validity has several. */
function contentOf ({ rows, understood }: Batch): string {
  const prices = rows ?? 0
  return understood && understood.rows !== prices ? `${counted(understood.rows, 'row')}, ${counted(prices, 'price')}` : counted(prices, 'row')
}

const thousands = (count: number | null): string => count === null ? 'unknown' : count.toLocaleString('en')

/** Returns the SHA-256 of the file in base64. If the file changes before it is sent, the ingestion API refuses it. */
async function sha256Of (path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(readFile(path, () => {}), hash).catch(error => { throw unreadable(path, error) })
  return hash.digest('base64')
}

function readFile (path: string, onPercent: (percent: number) => void): Readable {
  let size: number
  try {
    size = statSync(pathFromCaller('ops', path)).size
  } catch (error) {
    throw unreadable(path, error)
  }
  let sent = 0
  return createReadStream(pathFromCaller('ops', path)).on('data', chunk => {
    sent += chunk.length
    onPercent(Math.floor(sent / size * 100))
  })
}

const unreadable = (path: string, error: unknown): CommandError => new CommandError(`${path} cannot be read: ${(error as { code?: string }).code}`)

async function readResponse (response: Promise<Response>): Promise<Batch> {
  const reply = await response.catch((error: Error & { cause?: { code?: string } }) => {
    throw new CommandError(`The ingestion API cannot be reached: ${error.cause?.code ?? error.message}. It is safe to send the file again.`)
  })
  const body = await reply.json() as Batch & { title?: string, detail?: string }
  if (reply.status === 422) throw new KeyReused(`${body.title}: ${body.detail}`)
  if (!reply.ok) throw new CommandError(`${body.title ?? reply.status}: ${body.detail ?? ''}`)
  return { ...body, replayed: reply.headers.get('idempotency-replayed') === 'true', hasWaited: reply.headers.has('preference-applied') }
}
