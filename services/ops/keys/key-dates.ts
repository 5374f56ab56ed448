import type { ApiKey } from '../../../lib/api-keys/api-keys.ts'

/** Characters of a digest that stand for it. */
const digits = 16

/** When keys were made, as JSON: {"first 16 characters of sha256": "time"}. */
export const datesOf = (keys: readonly ApiKey[]): string =>
  JSON.stringify(Object.fromEntries(keys.flatMap(({ sha256, created_at: at }) => at ? [[sha256.slice(0, digits), at]] : []).sort()))

export const withoutDates = (keys: readonly ApiKey[]): ApiKey[] => keys.map(({ created_at: _, ...key }) => key)

/** The keys with the dates of `json` where it has them; a text that is no such JSON has none. */
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
