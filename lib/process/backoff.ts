/**
 * Milliseconds before try number `tries` + 1: doubling from `firstMs` to `maxMs`, spread over the upper half so that many do
 * not come at once.
 */
export function backoffMs (tries: number, { firstMs = 200, maxMs = 30_000 }: { firstMs?: number, maxMs?: number | undefined } = {}): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(tries - 1, 30))
  return full / 2 + Math.random() * full / 2
}
