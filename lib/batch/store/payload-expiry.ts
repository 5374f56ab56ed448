import { dayMs } from '../../calendar/day-ms.ts'

/**
 * Returns when the lifecycle of the bucket deletes an object: at the first midnight UTC that is at least `keepDays` days after the object
 * was stored. ISO 8601; null if the lifecycle deletes no objects.
 */
export function expiryOf (storedAt: Date | string, keepDays: number | undefined): string | null {
  if (keepDays === undefined) return null
  return new Date(Math.ceil((new Date(storedAt).getTime() + keepDays * dayMs) / dayMs) * dayMs).toISOString()
}

/** Returns the latest time at which a stored object expires by `time`. Objects stored later expire later. Null if objects do not expire. */
export function storedToExpireBy (time: Date, keepDays: number | undefined): Date | null {
  if (keepDays === undefined) return null
  return new Date(Math.floor(time.getTime() / dayMs) * dayMs - keepDays * dayMs)
}
