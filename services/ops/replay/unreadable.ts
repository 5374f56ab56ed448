/** A batch whose manifest or decision in the store cannot be read. */
export type Unreadable = { id: string, reason: string }

/** Converts the error of one batch. Rethrows every other error, because then the store or the database fails, not a single batch. */
export function unreadable (id: string, error: unknown): Unreadable {
  const { code, message } = error as { code?: string, message: string }
  if (!/^(INVALID_MANIFEST|MANIFEST_VERSION|INVALID_DECISION|DECISION_VERSION)$/.test(String(code))) throw error
  return { id, reason: `${code}: ${message}` }
}
