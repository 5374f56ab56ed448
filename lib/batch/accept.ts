import { Problem } from '../http/problem.ts'
import { mediaTypes, type Manifest } from './batch.ts'
import type { Queue } from './queue.ts'
import type { Store } from './store/store.ts'

export type Acceptance = {
  /** Manifest of the accepted batch: of this request, or of an earlier request with the same name and content. */
  manifest: Manifest
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
 * Throws `key-reused` when the name belongs to different content. For a key, also when the key belongs to the same content in another format.
 * Throws `store-unavailable` when the manifest is not written, and `queue-unavailable` with the batch id when only the message is not sent.
 */
export async function accept (store: Store, queue: Queue, manifest: Manifest, admit?: Admit): Promise<Acceptance> {
  const { existing, pending } = await claim(store, manifest, admit)
  if (existing && existing.digest !== manifest.digest) {
    // The pending record of this request stays: a concurrent request that won may still need the sweeper to send its message.
    const owner = `The key belongs to batch ${existing.id}, accepted at ${existing.acceptedAt}.`
    throw new Problem('key-reused', isCompressedUpload(existing) || isCompressedUpload(manifest)
      ? `${owner} One of the two is a compressed upload, so their contents cannot be compared. ` +
        'Check that batch first: if it has the same file, another key would count its prices twice'
      : `${owner} That batch has different content. Send this content under another key`, { members: { id: existing.id } })
  }
  if (manifest.name.kind === 'key' && existing && existing.format !== manifest.format) {
    throw new Problem('key-reused',
      `The key belongs to batch ${existing.id}, accepted at ${existing.acceptedAt} and sent as ${mediaTypes[existing.format]}. ` +
      `This request is ${mediaTypes[manifest.format]}. Send it under another key, or with Content-Type: ${mediaTypes[existing.format]}`,
      { members: { id: existing.id } })
  }
  const acceptedManifest = existing ?? manifest
  if (pending) await enqueue(queue, acceptedManifest)
  return { manifest: acceptedManifest, replayed: existing !== null, pending }
}

/** Whether the digest is of the compressed file: the API does not decode compressed uploads. */
const isCompressedUpload = ({ digestOf, encoding }: Manifest): boolean => digestOf === 'payload' && encoding === 'gzip'

async function claim (store: Store, manifest: Manifest, admit?: Admit): Promise<{ existing: Manifest | null, pending: boolean }> {
  let admission: Admission | undefined
  try {
    // Some emulators ignore conditional writes. Reading first limits their error to concurrent requests.
    const earlier = await store.readManifest(manifest.id)
    if (earlier) return { existing: earlier, pending: await store.isPending(manifest.id) }
    try {
      admission = await admit?.(manifest)
    } catch (refusal) {
      // A concurrent request may have accepted the same batch meanwhile.
      const meanwhile = await store.readManifest(manifest.id)
      if (meanwhile) return { existing: meanwhile, pending: await store.isPending(manifest.id) }
      throw refusal
    }
    await store.putPending(manifest.id, manifest.payload)
    if (await store.createManifest(manifest)) return { existing: null, pending: true }
    admission?.cancel()
    const winner = await store.readManifest(manifest.id)
    if (!winner) throw new Error(`Manifest ${manifest.id} exists and cannot be read`)
    return { existing: winner, pending: true }
  } catch (cause) {
    admission?.cancel()
    if (cause instanceof Problem) throw cause
    throw new Problem('store-unavailable', 'The batch was not accepted; send it again', { cause })
  }
}

async function enqueue (queue: Queue, { id, provider, traceparent }: Manifest): Promise<void> {
  try {
    await queue.send(id, provider, id, traceparent)
  } catch (cause) {
    throw new Problem('queue-unavailable',
      `Batch ${id} is stored and will be queued within minutes. Sending the same request again queues it sooner and is safe`,
      { members: { id }, headers: { location: `/batches/${id}` }, cause })
  }
}
