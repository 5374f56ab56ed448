import { coalesce } from './coalesce.ts'

export type ResponseCache = {
  /** What is kept under a key, and the way to keep what is made anew. Throws what asking for the snapshot throws. */
  find: (key: string) => Promise<CacheLookup>
}

export type CacheLookup = {
  /** The answer that is kept, if the server still shows what it showed then. */
  body: string | undefined
  /**
   * Keeps an answer that was asked for after this, with its snapshot, if that is what the server had shown before, too. Without a
   * snapshot nothing is kept.
   */
  store: (snapshot: string | null, body: string) => void
}

/** Answers of all servers together, up to `maxBytes` of text: those used last are kept. */
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
   * The answers of one server, which are as good as new ones while its snapshot is the same: nothing was committed there since.
   * A snapshot of one says nothing of another, so nobody gets another's. `askSnapshot` is a small question, put once for all
   * who wait, and not at all where a later snapshot was seen already. Null is a server that refuses to tell it.
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
        entries.delete(key) // to the end of the order, where the latest are
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

  return { answersOf: cacheFor }
}
