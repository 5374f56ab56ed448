import { createHash } from 'node:crypto'
import type { Charset } from './content/charset.ts'
import { parseTraceparent } from '../process/trace.ts'
import type { Actor } from './actor.ts'
import type { ProfileOfBatch } from './profile.ts'

/** `withdraw`: the batch has no payload and takes another batch back. */
export type Mode = 'apply' | 'dry_run' | 'withdraw'
export type Format = 'csv' | 'ndjson' | 'json' | 'xlsx' | 'parquet' | 'zip'
export type Encoding = 'identity' | 'gzip'

/**
 * State of a batch. No row has two of them: the API reports `accepted` from the manifest while the database is unavailable, and `withdrawing` for a
 * batch whose withdrawal is not finished.
 */
export type State =
  'accepted' | 'queued' | 'processing' | 'held' | 'applied' | 'withdrawing' | 'validated' | 'rejected' | 'dead_lettered' | 'discarded' | 'withdrawn'

/**
 * What each state means for other code. A new state compiles only if this table and every other table over `State` have a line for it.
 * CONTRIBUTING.md lists the code that has no such table, for example SQL.
 * - `unrecorded`: no row has the state, and a list cannot be filtered by it.
 * - `unfinished`: a message of the batch is due, or a worker has it.
 * - `waiting`: a person decides.
 * - `derived`: the state is that of two rows.
 * - `final`: no attempt changes the state again. An applied batch can be withdrawn.
 */
const stateKinds = {
  accepted: 'unrecorded',
  queued: 'unfinished',
  processing: 'unfinished',
  held: 'waiting',
  applied: 'final',
  withdrawing: 'derived',
  validated: 'final',
  rejected: 'final',
  dead_lettered: 'waiting',
  discarded: 'final',
  withdrawn: 'final',
} as const satisfies Record<State, 'unrecorded' | 'unfinished' | 'waiting' | 'derived' | 'final'>

type StateOf<Kind> = { [S in State]: (typeof stateKinds)[S] extends Kind ? S : never }[State]
export type FinalState = StateOf<'final'>
/** States of a row that may change. */
export type OpenState = StateOf<'unfinished' | 'waiting'>

/** The states that a list can be filtered by. */
export type ListedState = Exclude<State, StateOf<'unrecorded'>>
export const states = (Object.keys(stateKinds) as State[]).filter((state): state is ListedState => stateKinds[state] !== 'unrecorded')

/** Returns true for a state that no attempt changes again. */
export const isFinal = (state: State): state is FinalState => stateKinds[state] === 'final'

/** Returns true for `queued` and `processing`. */
export const isUnfinished = (state: State): boolean => stateKinds[state] === 'unfinished'

/** Returns true if the state of a batch becomes another without an operator. */
export const isInProgress = (state: State): boolean => isUnfinished(state) || stateKinds[state] === 'unrecorded' || stateKinds[state] === 'derived'

/** Returns true for a state in which no message of the batch has an effect: the batch is final, or a person decides. */
export const isAtRest = (state: State): boolean => isFinal(state) || stateKinds[state] === 'waiting'

/** Media type of each format, as in `Content-Type`. */
export const mediaTypes: Readonly<Record<Format, string>> = {
  csv: 'text/csv', ndjson: 'application/x-ndjson', json: 'application/json', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  parquet: 'application/vnd.apache.parquet', zip: 'application/zip',
}

/** Whether releases before 0.4.0 cannot read a format. */
export const isNewFormat = (format: Format): boolean => format === 'xlsx' || format === 'parquet' || format === 'zip'

/**
 * Name of a batch. Its `kind` says what `value` is:
 * - `key`: the provider's idempotency key.
 * - `content`: the SHA-256 of the content.
 * - `upload`: the upload, because the API does not decode compressed uploads and so does not know their content.
 * - `request`: the request, for a dry run without a key.
 * - `target`: the id of the batch that is withdrawn.
 */
export type Name = {
  kind: 'key' | 'upload' | 'content' | 'request' | 'target'
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

type Accepted = {
  /** The oldest version that has everything of the batch. Workers of earlier releases leave a batch of a later version to newer ones. */
  version: 1 | 2 | 3
  id: string
  provider: string
  name: Name
  /** ISO 8601, by the clock of the accepting process. Informational: no code decides by this time. */
  acceptedAt: string
  /** W3C trace context of the accepted request; stored in the object's metadata. */
  traceparent?: string | undefined
}

/** Record of the acceptance of a batch. The object `batches/<id>.json` is written once and never deleted. */
export type AnyManifest = Manifest | Withdrawal

/** Manifest of a batch that takes another one back. */
export type Withdrawal = Accepted & {
  version: 2
  mode: 'withdraw'
  /** Id of the batch that is taken back. */
  target: string
  actor: Actor
}

export const isWithdrawal = (manifest: AnyManifest): manifest is Withdrawal => manifest.mode === 'withdraw'

/** Batches that a batch takes back in its own commit: their ids, or the latest batch of its series. */
export type Replaces = string[] | 'previous'

/** Manifest of a batch with prices. */
export type Manifest = Accepted & {
  mode: Exclude<Mode, 'withdraw'>
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
  /** Character encoding of a text that its Content-Type declares, if the bytes do not show it. */
  charset?: Charset | undefined
  /** Name of the file as the provider has sent it, for display alone. */
  fileName?: string | undefined
  /** Number of rows that the provider declares. */
  rows?: number | undefined
  replaces?: Replaces | undefined
  /** The provider's name of a series of batches. */
  series?: string | undefined
  profile?: ProfileOfBatch | undefined
}

/** Reference to one version of one object. In a bucket without versioning `versionId` is null, and the ETag pins the content. */
export type Payload = { key: string, versionId: string | null, etag: string }

/** Returns log bindings of a batch: the trace id and the id of the accepted request. Empty without a valid trace context. */
export function traceBindings (traceparent = ''): { traceId?: string, requestId?: string } {
  const trace = parseTraceparent(traceparent)
  return trace ? { traceId: trace.traceId, requestId: trace.spanId } : {}
}
