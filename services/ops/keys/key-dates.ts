import type { ApiKey } from '../../../lib/api-keys/api-keys.ts'

/** Number of characters of a digest that identify a key. */
const digits = 16

/** Returns the creation times of keys as JSON: {"first 16 characters of sha256": "time"}. */
export const datesOf = (keys: readonly ApiKey[]): string =>
  JSON.stringify(Object.fromEntries(keys.flatMap(({ sha256, created_at: at }) => at ? [[sha256.slice(0, digits), at]] : []).sort()))

export const withoutDates = (keys: readonly ApiKey[]): ApiKey[] => keys.map(({ created_at: _, ...key }) => key)

/** Returns the keys with their creation times from `json`. Malformed JSON counts as empty. */
export function withDates (keys: readonly ApiKey[], json: string | undefined): ApiKey[] {
  let dates: Record<string, unknown> = {}
  try {
    dates = JSON.parse(json ?? '{}') as typeof dates ?? {}
  } catch {}
  return keys.map(key => {
    const at = key.created_at ?? dates[key.sha256.slice(0, digits)]
    return typeof at === 'string' ? { ...key, created_at: at } : key
  })
}
