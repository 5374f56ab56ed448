/** A batch whose manifest or decision is in the store and cannot be read. */
export type Unreadable = { id: string, reason: string }

/** Throws any other error again: the store or the database is at fault then, and no single batch. */
export function unreadable (id: string, error: unknown): Unreadable {
  const { code, message } = error as { code?: string, message: string }
  if (!/^(INVALID_MANIFEST|MANIFEST_VERSION|INVALID_DECISION|DECISION_VERSION)$/.test(String(code))) throw error
  return { id, reason: `${code}: ${message}` }
}
