import { createHash } from 'node:crypto'
import { parseTraceparent } from '../process/trace.ts'

export type Mode = 'apply' | 'dry_run'
export type Format = 'csv' | 'ndjson' | 'json'
export type Encoding = 'identity' | 'gzip'

/** `accepted` is what is known of a batch while the database cannot be asked. */
export type State = 'accepted' | 'queued' | 'processing' | 'applied' | 'validated' | 'rejected' | 'dead_lettered' | 'discarded'
export const states = ['queued', 'processing', 'applied', 'validated', 'rejected', 'dead_lettered', 'discarded'] as const

/** The states that nothing changes any more. */
export const finalStates: ReadonlySet<string> = new Set<State>(['applied', 'validated', 'rejected', 'discarded'])

/** Media type of each format, as `Content-Type` has it. */
export const mediaTypes: Readonly<Record<Format, string>> = { csv: 'text/csv', ndjson: 'application/x-ndjson', json: 'application/json' }

/**
 * Names a batch: by the provider's own key, by the SHA-256 of its content, by its upload where the content is compressed and so not known
 * yet, or, for a dry run without a key, by the request.
 */
export type Name = {
  kind: 'key' | 'upload' | 'content' | 'request'
  value: string
  /** Set only where the same content was accepted in another format before. Without it the id is that of older releases. */
  format?: Format
  /** Id of the batch before it: the same content, rejected under other conditions (lib/batch/generations.ts). */
  after?: string
}

/**
 * SHA-256, in hex, of provider, mode and name. The provider is part of it, so that nobody else's batch can have the same
 * id, and so is the kind of name, so that a key that looks like a digest stays a key.
 */
export function batchId (provider: string, mode: Mode, { kind, value, format, after }: Name): string {
  const parts = [provider, mode, kind, value, ...(format || after ? [format ?? ''] : []), ...(after ? [after] : [])]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** The acceptance of a batch, written once to `batches/<id>.json` and kept for ever. */
export type Manifest = {
  version: 1
  id: string
  provider: string
  mode: Mode
  name: Name
  format: Format
  /** How the payload lies in the store. */
  encoding: Encoding
  /** SHA-256 in hex: of the decoded content or, of an upload, which nobody has decoded yet, of the payload as it lies in the store. */
  digest: string
  digestOf: 'content' | 'payload'
  /** As they were sent. */
  bytes: number
  /** After decoding; null where nobody has decoded it yet. */
  decodedBytes: number | null
  payload: Payload
  /** ISO 8601: when the payload came to the store, where that was before the acceptance, as an upload does. */
  payloadStoredAt?: string | undefined
  /** How many rows the provider says the file has, where it says so. */
  rows?: number | undefined
  /** ISO 8601, by the clock of the process that accepted it: for people, nothing is decided by it. */
  acceptedAt: string
  /** W3C trace context of the request that was accepted; kept beside the object, as its metadata. */
  traceparent?: string | undefined
}

/** One version of one object: `versionId` where the bucket has versions, the ETag pins it elsewhere. */
export type Payload = { key: string, versionId: string | null, etag: string }

/** What a line of the log says of a batch besides its id: the trace that it came with, and the request that was accepted. */
export function traceBindings (traceparent = ''): { traceId?: string, requestId?: string } {
  const trace = parseTraceparent(traceparent)
  return trace ? { traceId: trace.traceId, requestId: trace.spanId } : {}
}
