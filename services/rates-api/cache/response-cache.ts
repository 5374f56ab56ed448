import { shareQuestion } from './coalesce.ts'

export type Answers = {
  /** What is kept under a key, and the way to keep what is made anew. Throws what asking for the snapshot throws. */
  find: (key: string) => Promise<Found>
}

export type Found = {
  /** The answer that is kept, if the server still shows what it showed then. */
  body: string | undefined
  /**
   * Keeps an answer that was asked for after this, with its snapshot, if that is what the server had shown before, too. Without a
   * snapshot nothing is kept.
   */
  keep: (snapshot: string | null, body: string) => void
}

/** Answers of all servers together, up to `maxBytes` of text: those used last are kept. */
export function keepAnswers (maxBytes: number) {
  const kept = new Map<string, { snapshot: string, body: string }>()
  let bytes = 0

  function forget (key: string): void {
    const entry = kept.get(key)
    if (!entry) return
    bytes -= key.length + entry.body.length
    kept.delete(key)
  }

  function add (key: string, snapshot: string, body: string): void {
    forget(key)
    if (key.length + body.length > maxBytes) return
    kept.set(key, { snapshot, body })
    bytes += key.length + body.length
    for (const oldest of kept.keys()) {
      if (bytes <= maxBytes) break
      forget(oldest)
    }
  }

  /**
   * The answers of one server, which are as good as new ones while its snapshot is the same: nothing was committed there since.
   * A snapshot of one says nothing of another, so nobody gets another's. `askSnapshot` is a small question, put once for all
   * who wait, and not at all where a later snapshot was seen already. Null is a server that refuses to tell it.
   */
  function answersOf (server: string, askSnapshot: () => Promise<string | null>): Answers {
    const snapshotNow = shareQuestion(askSnapshot)
    let latest = ''

    async function current (key: string): Promise<string | undefined> {
      const entry = kept.get(key)
      if (!entry) return undefined
      if (entry.snapshot === latest) latest = await snapshotNow() ?? ''
      if (entry.snapshot !== latest) return undefined
      if (kept.get(key) === entry) {
        kept.delete(key) // to the end of the order, where the latest are
        kept.set(key, entry)
      }
      return entry.body
    }

    async function find (name: string): Promise<Found> {
      const key = `${server} ${name}`
      const body = await current(key)
      const before = latest
      return {
        body,
        keep (snapshot, body) {
          latest = snapshot ?? ''
          if (snapshot && snapshot === before) add(key, snapshot, body)
        },
      }
    }

    return { find }
  }

  return { answersOf }
}
