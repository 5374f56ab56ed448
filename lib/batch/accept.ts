import { Problem } from '../http/problem.ts'
import { mediaTypes, type Manifest } from './batch.ts'
import type { Queue } from './queue.ts'
import type { Store } from './store/store.ts'

export type Acceptance = {
  /** The one that holds: ours, or that of an earlier request of the same name and content. */
  manifest: Manifest
  replayed: boolean
  /** Whether `pending/<id>` still lies there, to be taken away once the message is known to be queued. */
  pending: boolean
}

/** Decides whether a batch that is new may be accepted; throws when it may not. */
export type Admit = (manifest: Manifest) => Promise<Admission>
export type Admission = {
  /** The batch was not accepted after all. */
  cancel: () => void
}

/**
 * Makes a stored payload a batch: `pending/<id>`, then the manifest, then the message. Needs no database. A crash at any
 * point leaves either nothing accepted or a `pending/<id>` that the sweeper, or the client's next try, finishes.
 *
 * Throws `key-reused` when the name belongs to other content or, where it is a key, to the same content in another format,
 * `store-unavailable` before the manifest, and after it `queue-unavailable` with the id. `admit` sees new batches alone.
 */
export async function accept (store: Store, queue: Queue, manifest: Manifest, admit?: Admit): Promise<Acceptance> {
  const { existing, pending } = await claim(store, manifest, admit)
  if (existing && existing.digest !== manifest.digest) {
    // A note that this request wrote stays for the sweeper: the request that won may still need it.
    const named = `The key belongs to batch ${existing.id}, accepted at ${existing.acceptedAt}`
    throw new Problem('key-reused', isCompressedUpload(existing) || isCompressedUpload(manifest)
      ? `${named}; one of the two is a compressed upload, so that their contents cannot be compared. Look at that batch first: if it is the same file, its prices would count again under another key`
      : `${named}, which has different content: send this content under another key`, { members: { id: existing.id } })
  }
  if (manifest.name.kind === 'key' && existing && existing.format !== manifest.format) {
    throw new Problem('key-reused', `The key belongs to batch ${existing.id}, accepted at ${existing.acceptedAt}, which was sent as ${mediaTypes[existing.format]}; ` +
      `this request is ${mediaTypes[manifest.format]}: send it under another key, or with Content-Type: ${mediaTypes[existing.format]}`,
    { members: { id: existing.id } })
  }
  const acceptedManifest = existing ?? manifest
  if (pending) await enqueue(queue, acceptedManifest)
  return { manifest: acceptedManifest, replayed: existing !== null, pending }
}

/** The API has not decoded a compressed upload: its digest is that of the compressed file. */
const isCompressedUpload = ({ digestOf, encoding }: Manifest): boolean => digestOf === 'payload' && encoding === 'gzip'

async function claim (store: Store, manifest: Manifest, admit?: Admit): Promise<{ existing: Manifest | null, pending: boolean }> {
  let admission: Admission | undefined
  try {
    // Stores without conditional writes exist (emulators): looking first makes them right but for a race.
    const earlier = await store.readManifest(manifest.id)
    if (earlier) return { existing: earlier, pending: await store.isPending(manifest.id) }
    try {
      admission = await admit?.(manifest)
    } catch (refusal) {
      // Another request may have accepted the same batch meanwhile.
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
    throw new Problem('queue-unavailable', `Batch ${id} is stored and will be queued within minutes; sending the same again does it sooner, and is safe`,
      { members: { id }, headers: { location: `/batches/${id}` }, cause })
  }
}
