import type { Actor } from '../actor.ts'

/** Folder of a note, by the action of a person on a batch. */
export type NoteOf = 'purges' | 'releases'

/**
 * The object `purges/<id>.json` or `releases/<id>.json`: a person has purged or released a batch. It is written before the database changes, and
 * never deleted, so that a restored database is changed again.
 */
export type Note = { version: 1, id: string, provider: string, /** ISO 8601 */ notedAt: string, actor: Actor }

export const createNote = (id: string, provider: string, actor: Actor): Note =>
  ({ version: 1, id, provider, notedAt: new Date().toISOString(), actor })

/** Parses a note. Throws `INVALID_MANIFEST` if `text` is not one about the batch. */
export function parseNote (id: string, text: string): Note {
  const note = JSON.parse(text) as Partial<Note> | null
  const isNote = note?.version === 1 && note.id === id && typeof note.provider === 'string' && typeof note.actor?.name === 'string'
  if (!isNote) throw Object.assign(new Error(`The note about batch ${id} cannot be parsed`), { code: 'INVALID_MANIFEST' })
  return note as Note
}
