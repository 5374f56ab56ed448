import type { Log } from '../runtime/log.ts'
import { Problem } from '../runtime/problem.ts'
import { accept, type Acceptance } from './accept.ts'
import { batchId, type Manifest, type Name } from './batch.ts'
import type { Queue } from './queue.ts'
import type { Store } from './store.ts'

export type NamingOptions = { store: Store, queue: Queue, log: Log }

/**
 * Accepts a batch under the name that its manifest has, or finds the batch that the same content in the same format is already.
 *
 * `former` is the name that an older release gives the same request. What was accepted under it is the batch. What is accepted under the
 * new one is found under the former too, so that an older release, beside this one or after a rollback, answers with it.
 *
 * Throws what {@link accept} throws.
 */
export async function acceptNamed ({ store, queue, log }: NamingOptions, manifest: Manifest, former?: Name): Promise<Acceptance> {
  if (manifest.name.kind === 'key') return await accept(store, queue, manifest)
  const formerId = former && batchId(manifest.provider, manifest.mode, former)
  const before = formerId ? await lookedUp(store.readManifest(formerId)) : null
  let acceptance = await accept(store, queue, former && before?.id === formerId ? named(manifest, former) : manifest)
  for (let name = nextName(acceptance, manifest); name; name = nextName(acceptance, manifest)) {
    acceptance = await accept(store, queue, named(manifest, name))
  }
  if (formerId && !before) {
    await store.createManifest(acceptance.manifest, formerId)
      .catch(error => log.warn({ err: error, batchId: acceptance.manifest.id }, 'batch not written under its former name'))
  }
  return acceptance
}

/** The name to try where another batch has the one that was tried; null where the acceptance holds. */
function nextName ({ manifest: holding, replayed }: Acceptance, { format }: Manifest): Name | null {
  return replayed && holding.format !== format ? { ...holding.name, format } : null
}

const named = (manifest: Manifest, name: Name): Manifest => ({ ...manifest, id: batchId(manifest.provider, manifest.mode, name), name })

async function lookedUp<T> (answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw new Problem('store-unavailable', 'The batch was not accepted; send it again', { cause })
  }
}
