import { shareQuestion } from './shared-question.ts'

export type Answers = {
  /** The answer that is kept under a key, if the database still shows what it showed then. Throws what asking it throws. */
  current: (key: string) => Promise<string | undefined>
  /** Keeps an answer with the snapshot that it was made from. */
  keep: (key: string, snapshot: string, body: string) => void
}

/**
 * Answers made before, which are as good as new ones while the database's snapshot is the same: nothing was committed
 * since. So whoever asks after a batch was applied sees it. `askSnapshot` is a small question, put once for all who wait,
 * and not at all where a later snapshot was seen already. The answers used last are kept, up to `maxBytes` of text.
 */
export function keepAnswers (askSnapshot: () => Promise<string>, maxBytes: number): Answers {
  const kept = new Map<string, { snapshot: string, body: string }>()
  const snapshotNow = shareQuestion(askSnapshot)
  let bytes = 0
  let latest = ''

  function forget (key: string): void {
    const entry = kept.get(key)
    if (!entry) return
    bytes -= key.length + entry.body.length
    kept.delete(key)
  }

  function keep (key: string, snapshot: string, body: string): void {
    latest = snapshot
    forget(key)
    if (key.length + body.length > maxBytes) return
    kept.set(key, { snapshot, body })
    bytes += key.length + body.length
    for (const oldest of kept.keys()) {
      if (bytes <= maxBytes) break
      forget(oldest)
    }
  }

  async function current (key: string): Promise<string | undefined> {
    const entry = kept.get(key)
    if (!entry) return undefined
    if (entry.snapshot === latest) latest = await snapshotNow()
    if (entry.snapshot !== latest) return undefined
    if (kept.get(key) === entry) {
      kept.delete(key) // to the end of the order, where the latest are
      kept.set(key, entry)
    }
    return entry.body
  }

  return { current, keep }
}
