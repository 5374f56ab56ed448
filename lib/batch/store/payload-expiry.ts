/** A day in milliseconds: S3 counts days of UTC. */
export const dayMs = 86_400_000

/**
 * When the lifecycle of the bucket deletes an object: at the first midnight UTC that is `keepDays` days or more after it was stored, as S3
 * counts. ISO 8601; null where it deletes none.
 */
export function expiryOf (storedAt: Date | string, keepDays: number | undefined): string | null {
  if (keepDays === undefined) return null
  return new Date(Math.ceil((new Date(storedAt).getTime() + keepDays * dayMs) / dayMs) * dayMs).toISOString()
}

/** The other way round: what was stored then or before expires by `time`, what was stored later expires after it. Null where nothing expires. */
export function storedToExpireBy (time: Date, keepDays: number | undefined): Date | null {
  if (keepDays === undefined) return null
  return new Date(Math.floor(time.getTime() / dayMs) * dayMs - keepDays * dayMs)
}
