import { setImmediate as nextIteration } from 'node:timers/promises'

/** Numbers that are sorted or merged before another task of the event loop runs: a few ms. */
const pieceLength = 8_192

/** Returns the numbers 0 to `length` - 1, sorted. Lets other tasks of the event loop run meanwhile. */
export async function sortInPieces (length: number, compare: (a: number, b: number) => number): Promise<Uint32Array> {
  let from = Uint32Array.from({ length }, (_, index) => index)
  let to = new Uint32Array(length)
  for (let at = 0; at < length; at += pieceLength) {
    from.subarray(at, at + pieceLength).sort(compare)
    await nextIteration()
  }
  for (let width = pieceLength; width < length; width *= 2) {
    for (let at = 0; at < length; at += 2 * width) {
      let [left, right] = [at, Math.min(at + width, length)]
      const [leftEnd, rightEnd] = [right, Math.min(at + 2 * width, length)]
      for (let next = at; next < rightEnd; next++) {
        const takesLeft = left < leftEnd && (right === rightEnd || compare(from[left]!, from[right]!) <= 0)
        to[next] = takesLeft ? from[left++]! : from[right++]!
        if (next % pieceLength === 0) await nextIteration()
      }
    }
    [from, to] = [to, from]
  }
  return from
}
