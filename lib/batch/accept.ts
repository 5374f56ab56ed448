import { Problem } from '../http/problem.ts'
import { isDeepStrictEqual } from 'node:util'
import { isWithdrawal, mediaTypes, type AnyManifest, type Manifest } from './batch.ts'
import type { Queue } from './queue.ts'
import { isRebuiltFromRow } from './store/manifest-fallback.ts'
import type { Store } from './store/store.ts'

export type Acceptance<M extends AnyManifest = Manifest> = {
  /** Manifest of the accepted batch: of this request, or of an earlier request with the same name and content. */
  manifest: M
  replayed: boolean
  /** Whether the pending record `pending/<id>` exists. The caller deletes the record after the message is queued. */
  pending: boolean
}

/** Admits a new batch. Throws when the batch must not be accepted. */
export type Admit = (manifest: Manifest) => Promise<Admission>
export type Admission = {
  /** Withdraws the admission, because the batch was not accepted. */
  cancel: () => void
}

/**
 * Accepts a stored payload as a batch: writes the pending record `pending/<id>`, then the manifest, then sends the message. Needs no database.
 * After a crash before the manifest nothing is accepted. After a later crash the sweeper, or the client's next request, sends the message.
 * `admit` is called for new batches only.
 *
 * Throws `key-reused` when the name belongs to different content, or to a batch that replaces others or belongs to another series. For a key, also
 * when the key belongs to the same content in another format.
 * Throws `store-unavailable` when the manifest is not written, and `queue-unavailable` with the batch id when only the message is not sent.
 */
export async function accept<M extends AnyManifest> (store: Store, queue: Queue, manifest: M, admit?: Admit): Promise<Acceptance<M>> {
  const { existing, pending } = await claim(store, manifest, admit)
  if (existing && !isWithdrawal(existing) && !isWithdrawal(manifest)) checkSame(existing, manifest)
  const acceptedManifest = existing ?? manifest
  if (pending) await enqueue(queue, acceptedManifest)
  return { manifest: acceptedManifest, replayed: existing !== null, pending }
}

/** Throws `key-reused` unless both manifests are of the same request. */
function checkSame (existing: Manifest, manifest: Manifest): void {
  if (existing.digest !== manifest.digest) {
    // The pending record of this request stays: a concurrent request that won may still need the sweeper to send its message.
    const owner = `The key belongs to batch ${existing.id}, accepted at ${existing.acceptedAt}.`
    throw new Problem('key-reused', isCompressedUpload(existing) || isCompressedUpload(manifest)
      ? `${owner} One of the two is a compressed upload, so their contents cannot be compared. ` +
        'Check that batch first: if it has the same file, another key would count its prices twice'
      : `${owner} That batch has different content. Send this content under another key`, { members: { id: existing.id } })
  }
  if (!isRebuiltFromRow(existing) && !isDeepStrictEqual([existing.replaces, existing.series], [manifest.replaces, manifest.series])) {
    throw new Problem('key-reused', `This content was accepted as batch ${existing.id}, at ${existing.acceptedAt}, with another "replaces" or Batch-Series. ` +
      'Send it under another key', { members: { id: existing.id } })
  }
  if (manifest.name.kind === 'key' && existing.format !== manifest.format) {
    throw new Problem('key-reused',
      `The key belongs to batch ${existing.id}, accepted at ${existing.acceptedAt} and sent as ${mediaTypes[existing.format]}. ` +
      `This request is ${mediaTypes[manifest.format]}. Send it under another key, or with Content-Type: ${mediaTypes[existing.format]}`,
      { members: { id: existing.id } })
  }
}

/** Whether the digest is of the compressed file: the API does not decode compressed uploads. */
const isCompressedUpload = ({ digestOf, encoding }: Manifest): boolean => digestOf === 'payload' && encoding === 'gzip'

async function claim<M extends AnyManifest> (store: Store, manifest: M, admit?: Admit): Promise<{ existing: M | null, pending: boolean }> {
  const read = async (): Promise<M | null> => await store.readManifest(manifest.id) as M | null // the id is derived from the mode
  let admission: Admission | undefined
  try {
    // Some emulators ignore conditional writes. Reading first limits their error to concurrent requests.
    const earlier = await read()
    if (earlier) return { existing: earlier, pending: await store.isPending(manifest.id) }
    try {
      if (!isWithdrawal(manifest)) admission = await admit?.(manifest)
    } catch (refusal) {
      // A concurrent request may have accepted the same batch meanwhile.
      const meanwhile = await read()
      if (meanwhile) return { existing: meanwhile, pending: await store.isPending(manifest.id) }
      throw refusal
    }
    await store.putPending(manifest.id, isWithdrawal(manifest) ? null : manifest.payload)
    if (await store.createManifest(manifest)) return { existing: null, pending: true }
    admission?.cancel()
    const winner = await read()
    if (!winner) throw new Error(`Manifest ${manifest.id} exists and cannot be read`)
    return { existing: winner, pending: true }
  } catch (cause) {
    admission?.cancel()
    if (cause instanceof Problem) throw cause
    throw new Problem('store-unavailable', 'The batch was not accepted; send it again', { cause })
  }
}

async function enqueue (queue: Queue, { id, provider, traceparent }: AnyManifest): Promise<void> {
  try {
    await queue.send(id, provider, id, traceparent)
  } catch (cause) {
    throw new Problem('queue-unavailable',
      `Batch ${id} is stored and will be queued within minutes. Sending the same request again queues it sooner and is safe`,
      { members: { id }, headers: { location: `/batches/${id}` }, cause })
  }
}
