/**
 * Returns the delay before attempt `tries` + 1, in ms. The delay doubles from `firstMs` to `maxMs`. Jitter over its upper half
 * prevents simultaneous retries.
 */
export function backoffMs (tries: number, { firstMs = 200, maxMs = 30_000 }: { firstMs?: number, maxMs?: number | undefined } = {}): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(tries - 1, 30))
  return full / 2 + Math.random() * full / 2
}
