import { coalesce } from './coalesce.ts'

export type ResponseCache = {
  /** Looks up the response of a key. Throws if the server's snapshot cannot be read. */
  find: (key: string) => Promise<CacheLookup>
}

export type CacheLookup = {
  /** The cached response, if the server's snapshot is unchanged. */
  body: string | undefined
  /**
   * Caches a response of a query that began after this lookup, if the given snapshot equals the server's snapshot at the lookup.
   * Without a snapshot nothing is cached.
   */
  store: (snapshot: string | null, body: string) => void
}

/** Opens the cache for the responses of all servers, up to `maxBytes` characters in total. The least recently used entries are evicted. */
export function openResponseCache (maxBytes: number) {
  const entries = new Map<string, { snapshot: string, body: string }>()
  let bytes = 0

  function evict (key: string): void {
    const entry = entries.get(key)
    if (!entry) return
    bytes -= key.length + entry.body.length
    entries.delete(key)
  }

  function add (key: string, snapshot: string, body: string): void {
    evict(key)
    if (key.length + body.length > maxBytes) return
    entries.set(key, { snapshot, body })
    bytes += key.length + body.length
    for (const oldest of entries.keys()) {
      if (bytes <= maxBytes) break
      evict(oldest)
    }
  }

  /**
   * Returns the cache of one server. A response is valid while the server's snapshot is the same: no transaction was committed since.
   * A snapshot is meaningful for its own server only, so servers do not share responses. `readSnapshot` is a small query, coalesced
   * for concurrent lookups. It does not run if a later snapshot is known already. Null means that the server refuses the query.
   */
  function cacheFor (server: string, readSnapshot: () => Promise<string | null>): ResponseCache {
    const readSnapshotOnce = coalesce(readSnapshot)
    let latest = ''

    async function findCurrent (key: string): Promise<string | undefined> {
      const entry = entries.get(key)
      if (!entry) return undefined
      if (entry.snapshot === latest) latest = await readSnapshotOnce() ?? ''
      if (entry.snapshot !== latest) return undefined
      if (entries.get(key) === entry) {
        entries.delete(key) // moves the entry to the end of the order, where the most recently used entries are
        entries.set(key, entry)
      }
      return entry.body
    }

    async function find (name: string): Promise<CacheLookup> {
      const key = `${server} ${name}`
      const body = await findCurrent(key)
      const before = latest
      return {
        body,
        store (snapshot, body) {
          latest = snapshot ?? ''
          if (snapshot && snapshot === before) add(key, snapshot, body)
        },
      }
    }

    return { find }
  }

  return { cacheFor }
}
