import { createHash } from 'node:crypto'
import { parseTraceparent } from '../process/trace.ts'

export type Mode = 'apply' | 'dry_run'
export type Format = 'csv' | 'ndjson' | 'json'
export type Encoding = 'identity' | 'gzip'

/** State of a batch. The API reports `accepted` from the manifest while the database is unavailable; no row has that state. */
export type State = 'accepted' | 'queued' | 'processing' | 'applied' | 'validated' | 'rejected' | 'dead_lettered' | 'discarded'

/**
 * What each state means for other code. A new state compiles only if this table and every other table over `State` have a line for it.
 * CONTRIBUTING.md lists the code that has no such table, for example SQL.
 * - `unrecorded`: no row has the state.
 * - `unfinished`: a message of the batch is due, or a worker has it.
 * - `dead letter`: an operator decides.
 * - `final`: the state never changes again.
 */
const stateKinds = {
  accepted: 'unrecorded',
  queued: 'unfinished',
  processing: 'unfinished',
  applied: 'final',
  validated: 'final',
  rejected: 'final',
  dead_lettered: 'dead letter',
  discarded: 'final',
} as const satisfies Record<State, 'unrecorded' | 'unfinished' | 'dead letter' | 'final'>

type StateOf<Kind> = { [S in State]: (typeof stateKinds)[S] extends Kind ? S : never }[State]
export type FinalState = StateOf<'final'>
/** States of a row that may change. */
export type OpenState = StateOf<'unfinished' | 'dead letter'>

/** The states of a row. */
export const states = (Object.keys(stateKinds) as State[]).filter((state): state is FinalState | OpenState => stateKinds[state] !== 'unrecorded')

/** Returns true for a state that never changes again. */
export const isFinal = (state: State): state is FinalState => stateKinds[state] === 'final'

/** Returns true for `queued` and `processing`. */
export const isUnfinished = (state: State): boolean => stateKinds[state] === 'unfinished'

/** Returns true if the state of a batch becomes another without an operator. */
export const isInProgress = (state: State): boolean => isUnfinished(state) || stateKinds[state] === 'unrecorded'

/** Media type of each format, as in `Content-Type`. */
export const mediaTypes: Readonly<Record<Format, string>> = { csv: 'text/csv', ndjson: 'application/x-ndjson', json: 'application/json' }

/**
 * Name of a batch. Its `kind` says what `value` is:
 * - `key`: the provider's idempotency key.
 * - `content`: the SHA-256 of the content.
 * - `upload`: the upload, because the API does not decode compressed uploads and so does not know their content.
 * - `request`: the request, for a dry run without a key.
 */
export type Name = {
  kind: 'key' | 'upload' | 'content' | 'request'
  value: string
  /** Set only if the same content was accepted in another format before. Without `format` the batch id equals the id of older releases. */
  format?: Format
  /** Id of the previous batch with the same content, which was rejected under other conditions (lib/batch/generations.ts). */
  after?: string
}

/**
 * Returns the batch id: SHA-256, in hex, of provider, mode and name. Because the provider is hashed, two providers never share an id.
 * Because the kind of name is hashed, a key that looks like a digest never collides with a content name.
 */
export function batchId (provider: string, mode: Mode, { kind, value, format, after }: Name): string {
  const parts = [provider, mode, kind, value, ...(format || after ? [format ?? ''] : []), ...(after ? [after] : [])]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** Record of the acceptance of a batch. The object `batches/<id>.json` is written once and never deleted. */
export type Manifest = {
  version: 1
  id: string
  provider: string
  mode: Mode
  name: Name
  format: Format
  /** Content encoding of the stored payload. */
  encoding: Encoding
  /** SHA-256 in hex: of the decoded content, or of the stored payload for uploads, which are not decoded before acceptance. */
  digest: string
  digestOf: 'content' | 'payload'
  /** Length of the payload as sent, in bytes. */
  bytes: number
  /** Length of the decoded content, in bytes; null if the payload was not decoded before acceptance. */
  decodedBytes: number | null
  payload: Payload
  /** ISO 8601: when the payload was stored. Set for uploads, which are stored before the acceptance. */
  payloadStoredAt?: string | undefined
  /** Number of rows that the provider declares. */
  rows?: number | undefined
  /** ISO 8601, by the clock of the accepting process. Informational: no code decides by this time. */
  acceptedAt: string
  /** W3C trace context of the accepted request; stored in the object's metadata. */
  traceparent?: string | undefined
}

/** Reference to one version of one object. In a bucket without versioning `versionId` is null, and the ETag pins the content. */
export type Payload = { key: string, versionId: string | null, etag: string }

/** Returns log bindings of a batch: the trace id and the id of the accepted request. Empty without a valid trace context. */
export function traceBindings (traceparent = ''): { traceId?: string, requestId?: string } {
  const trace = parseTraceparent(traceparent)
  return trace ? { traceId: trace.traceId, requestId: trace.spanId } : {}
}
