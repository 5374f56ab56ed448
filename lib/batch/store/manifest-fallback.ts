import type { Sql } from 'postgres'
import { withDeadline } from '../../process/deadline.ts'
import type { Log } from '../../process/log.ts'
import { isWithdrawal, type AnyManifest, type Manifest, type Mode, type Name } from '../batch.ts'
import { isoTime } from '../records.ts'
import type { Store } from './store.ts'

const databaseTimeoutMs = 3_000

/**
 * Returns a store that rebuilds a manifest from the row of the batch if the manifest cannot be parsed, or is of a newer release. The batch was
 * accepted, so no other batch may take its name. Throws the error of the parser if the row is missing or the database is unavailable.
 */
export function withManifestFallback (store: Store, sql: Sql, log: Log): Store {
  return {
    ...store,
    async readManifest (id) {
      try {
        return await store.readManifest(id)
      } catch (error) {
        if (!['INVALID_MANIFEST', 'MANIFEST_VERSION'].includes((error as { code?: string }).code ?? '')) throw error
        const fromRow = await withDeadline(rebuildManifest(sql, id), databaseTimeoutMs).catch((cause: unknown) => {
          log.warn({ err: cause, batchId: id }, 'batch row cannot be read')
          return null
        })
        if (!fromRow) throw error
        log.warn({ err: error, batchId: id }, 'manifest cannot be read: serving the batch from its database row')
        return fromRow
      }
    },
  }
}

/** Returns whether a manifest was rebuilt from a row. Such a manifest names no payload and must not be written to the store. */
export const isRebuiltFromRow = (manifest: AnyManifest): boolean => !isWithdrawal(manifest) && manifest.payload.key === ''

async function rebuildManifest (sql: Sql, id: string): Promise<AnyManifest | null> {
  const [row] = await sql<Array<Pick<Manifest, 'provider' | 'format' | 'digest' | 'bytes'> & {
    mode: Mode, decoded_bytes: number | null, accepted_at: string, name_kind: Name['kind'] | null, target_id: string, why: string | null
  }>>`
    select provider, mode, format, digest, bytes, decoded_bytes, name_kind, target_id, why, ${isoTime(sql, 'accepted_at')} from batches where id = ${id}`
  if (!row) return null
  const { decoded_bytes: decodedBytes, accepted_at: acceptedAt, name_kind: kind, target_id: target, why: reason, mode, ...columns } = row
  if (mode === 'withdraw') {
    const { provider } = columns
    return { version: 2, id, provider, mode, name: { kind: 'target', value: target }, target, actor: { name: provider, reason }, acceptedAt }
  }
  return {
    version: 1, id, mode, ...columns, decodedBytes, acceptedAt, name: { kind: kind ?? 'key', value: '' },
    encoding: 'identity', digestOf: 'content', payload: { key: '', versionId: null, etag: '' },
  }
}
