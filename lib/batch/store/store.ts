import {
  DeleteObjectCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client,
} from '@aws-sdk/client-s3'
import type { Readable } from 'node:stream'
import { nullIfAbsent, statusOf } from './absent.ts'
import type { AnyManifest, Manifest, Payload } from '../batch.ts'
import { parseDecision, type Decision } from './decision.ts'
import type { Causes } from '../report/causes.ts'
import { deleteVersions } from './delete-versions.ts'
import { effectKeys, openEffects } from './effects.ts'
import { parseManifest } from './manifest.ts'
import { openProfiles } from './profiles.ts'
import { parseNote, type Note, type NoteOf } from './note.ts'
import { putStream as putStreamTo } from './put-stream.ts'
import { trackServerTime } from './store-clock.ts'

/**
 * The objects of a batch:
 * - `incoming/<provider>/<uuid>`: its payload.
 * - `batches/<id>.json`: its manifest.
 * - `pending/<id>`: the pending record. While it exists, the message of the batch may not be queued.
 * - `reports/<id>.ndjson`: the errors of its rows, and `reports/<id>.causes.json`: these errors by cause.
 * - `decisions/<id>.json`: its final state, if the batch is not applied.
 * - `purges/<id>.json`, `releases/<id>.json`: the notes that it was purged, or released.
 * - `effects/<id>.<of>.ndjson`: what it has changed, or would have changed when it was checked.
 *
 * `profiles.ts` describes the objects of profiles.
 */
export type Store = ReturnType<typeof openStore>

/** State of a payload. `changed`: the key holds another object. */
export type PayloadState = 'stored' | 'missing' | 'changed'

export function openStore (s3: S3Client, bucket: string) {
  const at = (key: string): { Bucket: string, Key: string } => ({ Bucket: bucket, Key: key })

  const putStream = (key: string, body: Readable, contentType: string): Promise<Payload> => putStreamTo(s3, at(key), body, contentType)

  /** Returns the object of a payload, and no other object that its key has later. */
  const pinned = ({ key, versionId, etag }: Payload) => ({ ...at(key), ...(versionId ? { VersionId: versionId } : { IfMatch: etag }) })

  async function openPayload (payload: Payload, signal?: AbortSignal): Promise<Readable> {
    const { Body } = await s3.send(new GetObjectCommand(pinned(payload)), { abortSignal: signal })
    return Body as Readable
  }

  /** Resolves with the bytes of a payload from `from` up to and without `to`. Rejects if the payload has fewer bytes, or is another object. */
  async function readRange (payload: Payload, from: number, to: number, signal?: AbortSignal): Promise<Uint8Array> {
    const range = { ...pinned(payload), Range: `bytes=${from}-${to - 1}` }
    const { Body } = await s3.send(new GetObjectCommand(range), { abortSignal: signal })
    const bytes = await Body!.transformToByteArray()
    if (bytes.length !== to - from) throw new Error(`${payload.key} has ${bytes.length} bytes from ${from} to ${to}`)
    return bytes
  }

  const deletePayload = async ({ key, versionId }: Payload): Promise<void> => {
    await s3.send(new DeleteObjectCommand({ ...at(key), ...(versionId ? { VersionId: versionId } : {}) }))
  }

  async function readManifest (id: string): Promise<AnyManifest | null> {
    const body = await nullIfAbsent(s3.send(new GetObjectCommand(at(`batches/${id}.json`))))
    if (!body) return null
    const traceparent = body.Metadata?.traceparent
    return { ...parseManifest(id, await body.Body!.transformToString()), ...(traceparent ? { traceparent } : {}) }
  }

  /**
   * Creates the manifest; this write is the acceptance. Returns false if a manifest exists. With an `id` other than the manifest's own, the
   * manifest becomes readable under a second id.
   */
  async function createManifest ({ traceparent, ...manifest }: AnyManifest, id = manifest.id): Promise<boolean> {
    try {
      await s3.send(new PutObjectCommand({
        ...at(`batches/${id}.json`), Body: JSON.stringify(manifest), ContentType: 'application/json', IfNoneMatch: '*',
        ...(traceparent ? { Metadata: { traceparent } } : {}),
      }))
      return true
    } catch (error) {
      if (statusOf(error) === 412) return false
      throw error // 409: a concurrent request writes the same manifest; the caller answers 503 and the client retries
    }
  }

  /** Returns the state of a payload. Call this function only after a manifest was read: a missing bucket looks like a missing payload. */
  async function payloadState ({ key, versionId, etag }: Payload): Promise<PayloadState> {
    const found = await nullIfAbsent(s3.send(new HeadObjectCommand({ ...at(key), ...(versionId ? { VersionId: versionId } : {}) })))
    if (!found) return 'missing'
    return versionId || found.ETag === etag ? 'stored' : 'changed'
  }

  async function readDecision (id: string, signal?: AbortSignal): Promise<Decision | null> {
    const found = await nullIfAbsent(s3.send(new GetObjectCommand(at(`decisions/${id}.json`)), { abortSignal: signal }))
    return found && parseDecision(id, await found.Body!.transformToString())
  }

  /** Creates the decision unless one exists, and returns the stored decision. The caller holds a lock on the row of the batch. */
  async function decide (decision: Decision, signal?: AbortSignal): Promise<Decision> {
    const earlier = await readDecision(decision.id, signal) // some emulators ignore conditional writes
    if (earlier) return earlier
    try {
      const object = { ...at(`decisions/${decision.id}.json`), Body: JSON.stringify(decision), ContentType: 'application/json', IfNoneMatch: '*' }
      await s3.send(new PutObjectCommand(object), { abortSignal: signal })
      return decision
    } catch (error) {
      const winner = statusOf(error) === 412 && await readDecision(decision.id, signal)
      if (winner) return winner
      throw error
    }
  }

  /** Writes the pending record of a batch: the batch is about to be accepted, and its payload, if any, is here. */
  const putPending = async (id: string, payload: Payload | null): Promise<void> => {
    await s3.send(new PutObjectCommand({ ...at(`pending/${id}`), Body: JSON.stringify(payload) }))
  }
  async function readPending (id: string): Promise<Payload | null> {
    const found = await nullIfAbsent(s3.send(new GetObjectCommand(at(`pending/${id}`))))
    return found && JSON.parse(await found.Body!.transformToString()) as Payload
  }
  const isPending = async (id: string): Promise<boolean> => await nullIfAbsent(s3.send(new HeadObjectCommand(at(`pending/${id}`)))) !== null
  const deletePending = async (id: string): Promise<void> => {
    await s3.send(new DeleteObjectCommand(at(`pending/${id}`)))
  }

  /** Lists the objects below a prefix, one page at a time. */
  async function * list (prefix: string): AsyncGenerator<{ objects: Array<{ name: string, modified: Date }>, serverTimeMs: number }> {
    let next: string | undefined
    do {
      const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: next })
      const serverTime = trackServerTime(command)
      const { Contents = [], NextContinuationToken } = await s3.send(command)
      const objects = Contents.map(({ Key, LastModified }) => ({ name: Key!.slice(prefix.length), modified: LastModified! }))
      yield { objects, serverTimeMs: serverTime() }
      next = NextContinuationToken
    } while (next)
  }

  /** Lists the ids that have a pending record, with its age by the clock of the store. The order is not by age. */
  async function * listPending (): AsyncGenerator<{ id: string, ageSeconds: number }> {
    for await (const { objects, serverTimeMs } of list('pending/')) {
      for (const { name: id, modified } of objects) yield { id, ageSeconds: Math.max(0, serverTimeMs - modified.getTime()) / 1_000 }
    }
  }

  /**
   * Lists ids with a manifest, a decision or a note that was written at `since` or later by the store's clock. Yields up to 1,000 ids at a
   * time, unordered.
   */
  async function * listIds (of: 'batches' | 'decisions' | NoteOf, since: Date): AsyncGenerator<string[]> {
    for await (const { objects } of list(`${of}/`)) {
      const ids = objects.filter(({ name, modified }) => modified >= since && /^[0-9a-f]{64}\.json$/.test(name)).map(({ name }) => name.slice(0, 64))
      if (ids.length > 0) yield ids
    }
  }

  const putReport = (id: string, lines: Readable): Promise<Payload> => putStream(`reports/${id}.ndjson`, lines, 'application/x-ndjson')
  async function openReport (id: string): Promise<Readable | null> {
    const found = await nullIfAbsent(s3.send(new GetObjectCommand(at(`reports/${id}.ndjson`))))
    return found && found.Body as Readable
  }

  const putCauses = async (id: string, causes: Causes): Promise<void> => {
    await s3.send(new PutObjectCommand({ ...at(`reports/${id}.causes.json`), Body: JSON.stringify(causes), ContentType: 'application/json' }))
  }
  /** Reads the errors by cause; null for a report of a release before 0.4.0, and for a version of a newer one. */
  async function readCauses (id: string): Promise<Causes | null> {
    const found = await nullIfAbsent(s3.send(new GetObjectCommand(at(`reports/${id}.causes.json`))))
    const causes = found && JSON.parse(await found.Body!.transformToString()) as Causes
    return causes?.version === 1 ? causes : null
  }

  /** Writes a note about a batch, unless there is one. */
  async function putNote (of: NoteOf, note: Note): Promise<void> {
    if (await readNote(of, note.id)) return
    await s3.send(new PutObjectCommand({ ...at(`${of}/${note.id}.json`), Body: JSON.stringify(note), ContentType: 'application/json' }))
  }
  async function readNote (of: NoteOf, id: string): Promise<Note | null> {
    const found = await nullIfAbsent(s3.send(new GetObjectCommand(at(`${of}/${id}.json`))))
    return found && parseNote(id, await found.Body!.transformToString())
  }

  /**
   * Deletes every version of the payload, the report and the effects of a batch, and the texts of rows in its decision. The payload stays if
   * `keepsFile` is set.
   */
  async function purgeObjects ({ id, payload }: Manifest, { keepsFile }: { keepsFile: boolean }): Promise<void> {
    const isVersioned = payload.versionId !== null
    const decision = await readDecision(id)
    for (const key of [...(keepsFile ? [] : [payload.key]), `reports/${id}.ndjson`, `reports/${id}.causes.json`, ...effectKeys(id)]) {
      await deleteVersions(s3, bucket, key, isVersioned)
    }
    if (!decision || decision.state === 'discarded' || (decision.firstErrors.length === 0 && !decision.understood)) return
    const body = JSON.stringify({ ...decision, firstErrors: [], understood: undefined })
    const { VersionId } = await s3.send(new PutObjectCommand({ ...at(`decisions/${id}.json`), Body: body, ContentType: 'application/json' }))
    if (isVersioned) await deleteVersions(s3, bucket, `decisions/${id}.json`, isVersioned, VersionId)
  }

  /** Rejects if the store is unreachable. */
  const probe = async (): Promise<void> => {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }))
  }

  return {
    probe, putStream, openPayload, readRange, deletePayload, payloadState, readManifest, createManifest, readDecision, decide, listIds,
    putPending, readPending, isPending, deletePending, listPending, putReport, openReport, putCauses, readCauses,
    ...openEffects(s3, bucket), ...openProfiles(s3, bucket), putNote, readNote, purgeObjects,
  }
}
