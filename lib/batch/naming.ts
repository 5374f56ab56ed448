import type { Sql } from 'postgres'
import type { Log } from '../process/log.ts'
import { Problem } from '../http/problem.ts'
import { accept, type Acceptance, type Admit } from './accept.ts'
import { batchId, type Manifest, type Name } from './batch.ts'
import { requestConditions } from './conditions.ts'
import { findCurrentGeneration, generationsOf, findLastAccepted, type Generation } from './generations.ts'
import type { Queue } from './queue.ts'
import { isRebuiltFromRow } from './store/manifest-fallback.ts'
import type { Store } from './store/store.ts'

export type NamingOptions = { store: Store, queue: Queue, sql: Sql, log: Log, admit?: Admit }

/** With `databaseUnavailable` the batch is the last accepted one of its content, and its state is unknown. */
export type NamedAcceptance = Acceptance & { databaseUnavailable?: boolean }

/**
 * Accepts a batch under the name in its manifest, or finds the earlier batch with the same content in the same format. If that batch was
 * rejected under conditions that have changed since, the content is accepted again as its next generation.
 *
 * `former` is the name that an older release gives the same request. A batch that was accepted under the former name is returned. A batch that
 * is accepted under the new name is also stored under the former one. So an older release finds it, beside this release or after a rollback.
 *
 * Throws the errors of {@link accept}.
 */
export async function acceptNamed (options: NamingOptions, manifest: Manifest, former?: Name): Promise<NamedAcceptance> {
  const { store, queue, log, admit } = options
  if (manifest.name.kind === 'key' || manifest.name.kind === 'request') return withSameProfile(await accept(store, queue, manifest, admit), manifest)
  const formerId = former && batchId(manifest.provider, manifest.mode, former)
  const before = formerId ? await mapStoreErrors(store.readManifest(formerId)) : null
  const first = former && before?.id === formerId ? former : manifest.name
  const acceptance = withSameProfile(await acceptContent(options, manifest, first), manifest)
  if (formerId && !before && !isRebuiltFromRow(acceptance.manifest)) {
    await store.createManifest(acceptance.manifest, formerId)
      .catch(error => log.warn({ err: error, batchId: acceptance.manifest.id }, 'manifest not written under the former name of the batch'))
  }
  return acceptance
}

async function acceptContent (options: NamingOptions, manifest: Manifest, first: Name): Promise<NamedAcceptance> {
  const { store, queue, admit } = options
  const acceptance = await accept(store, queue, named(manifest, first), admit)
  if (!acceptance.replayed) return acceptance
  const isOther = acceptance.manifest.format !== manifest.format
  const name = isOther ? { ...first, format: manifest.format } : first
  const ofFormat = isOther ? await accept(store, queue, named(manifest, name), admit) : acceptance
  return await acceptGeneration(options, manifest, generationsOf(manifest.provider, manifest.mode, name), ofFormat)
}

/** Proceeds from the first generation, which is accepted, to the current one. Of two concurrent requests the second finds the first's batch. */
async function acceptGeneration (
  { store, queue, sql, log, admit }: NamingOptions, manifest: Manifest, generations: readonly Generation[], first: Acceptance
): Promise<NamedAcceptance> {
  let acceptance = first
  for (let at = 0; acceptance.replayed;) {
    let next: number
    let databaseUnavailable = false
    try {
      next = await findCurrentGeneration(sql, generations, at, requestConditions(manifest))
    } catch (error) {
      log.warn({ err: error, batchId: acceptance.manifest.id }, 'database unavailable: batch state is unknown')
      next = await mapStoreErrors(findLastAccepted(store, generations, at))
      databaseUnavailable = true
    }
    if (next > at) acceptance = await accept(store, queue, named(manifest, generations[next]!.name), admit)
    if (databaseUnavailable) return { ...acceptance, databaseUnavailable }
    if (next === at) return acceptance
    at = next
  }
  return acceptance
}

/**
 * Returns the acceptance if its batch is read as the request asks. Throws `key-reused` for another version of a profile, and `database-unavailable`
 * if it is unknown whether that batch was rejected: then the content would be checked anew.
 */
function withSameProfile (acceptance: NamedAcceptance, { profile, name }: Manifest): NamedAcceptance {
  const { manifest: existing, replayed, databaseUnavailable } = acceptance
  if (!replayed || existing.profile?.version === profile?.version || isRebuiltFromRow(existing)) return acceptance
  const { id, acceptedAt } = existing
  if (databaseUnavailable) throw new Problem('database-unavailable', `This content was sent before with ${described(existing.profile)}. The state of that batch is unknown; try again`, { members: { id } })
  throw new Problem('key-reused', `${name.kind === 'key' ? 'The key belongs to' : 'This content was accepted as'} batch ${id}, at ${acceptedAt}, with ${described(existing.profile)}. ` +
    `This request has ${described(profile)}. To have the file read anew, send it under a new Idempotency-Key, with ?replaces=${id}`, { members: { id } })
}

const described = (profile: Manifest['profile']): string => profile ? `version ${profile.version} of the profile ${profile.name}` : 'no profile'

const named = (manifest: Manifest, name: Name): Manifest => ({ ...manifest, id: batchId(manifest.provider, manifest.mode, name), name })

async function mapStoreErrors<T> (read: Promise<T>): Promise<T> {
  try {
    return await read
  } catch (cause) {
    throw new Problem('store-unavailable', 'The batch was not accepted; send it again', { cause })
  }
}
