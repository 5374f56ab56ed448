import type { Sent } from './sent.ts'

/** What became of the corrections of the load. `refused`: an ingestion API of a release without corrections has answered. */
export type Corrections = { withdrawn: number, replaced: number, refused: number }

type Request = { method: 'POST' | 'DELETE', headers: Record<string, string>, body?: string }
/** Sends a request. Resolves with the text of a response with one of the expected statuses, or with null after a failure. */
type Call = (kind: string, url: string, expected: number[], options: Request) => Promise<string | null>

/**
 * Opens the corrections of the load. A request is sent to whichever release answers. With `mayBeRefused`, the refusal of a release that does not know
 * corrections is no failure: 405 for a withdrawal, and 400 for a replacement, which is then not accepted.
 */
export function openCorrections (call: Call, ingestion: string, keyOf: (provider: string) => string, mayBeRefused: boolean) {
  const corrections: Corrections = { withdrawn: 0, replaced: 0, refused: 0 }
  const isRefusal = (text: string): boolean => [400, 405].includes((JSON.parse(text) as { status?: number }).status ?? 0)

  async function send (kind: string, url: string, accepted: number[], refused: number, options: Request): Promise<string | null> {
    const text = await call(kind, url, mayBeRefused ? [...accepted, refused] : accepted, options)
    if (text === null || !isRefusal(text)) return text
    corrections.refused++
    return null
  }

  return {
    corrections,
    /** Withdraws a batch. Resolves with whether the withdrawal is accepted. */
    async withdraw (batch: Sent): Promise<boolean> {
      const headers = { authorization: `Bearer ${keyOf(batch.provider)}` }
      const accepted = await send('withdrawal', `${ingestion}/batches/${batch.id}`, [200, 202], 405, { method: 'DELETE', headers })
      if (accepted === null) return false
      batch.state = 'withdrawn'
      corrections.withdrawn++
      return true
    },
    /** Sends a batch that replaces another. Resolves with its id if it is accepted. */
    async replace (old: Sent, content: string, headers: Record<string, string>): Promise<string | null> {
      const accepted = await send('replacement', `${ingestion}/batches?replaces=${old.id}`, [202], 400, { method: 'POST', headers, body: content })
      if (accepted === null) return null
      old.state = 'withdrawn'
      corrections.replaced++
      return (JSON.parse(accepted) as { id: string }).id
    },
  }
}
