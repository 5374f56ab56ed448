import type { Actor } from '../actor.ts'

/**
 * The object `purges/<id>.json`: a batch was purged. It is written before anything is removed, and never deleted, so that a restored database is
 * purged again.
 */
export type PurgeNote = { version: 1, id: string, provider: string, /** ISO 8601 */ notedAt: string, actor: Actor }

/** Parses a note. Throws `INVALID_MANIFEST` if `text` is not one about the batch. */
export function parsePurgeNote (id: string, text: string): PurgeNote {
  const note = JSON.parse(text) as Partial<PurgeNote> | null
  const isNote = note?.version === 1 && note.id === id && typeof note.provider === 'string' && typeof note.actor?.name === 'string'
  if (!isNote) throw Object.assign(new Error(`The note about the purge of batch ${id} cannot be parsed`), { code: 'INVALID_MANIFEST' })
  return note as PurgeNote
}
