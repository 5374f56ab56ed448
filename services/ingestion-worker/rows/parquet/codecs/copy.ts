// A call costs more than a loop for fewer bytes.
const SHORT = 32

/** Copies `size` bytes of `input` from `at` to `output` at `to`. The caller has checked the bounds. */
export function copyLiteral (input: Uint8Array, at: number, size: number, output: Uint8Array, to: number): void {
  if (size >= SHORT) output.set(input.subarray(at, at + size), to)
  else for (const end = at + size; at < end;) output[to++] = input[at++]!
}

/** Repeats, at `to`, the bytes from `offset` bytes before. An offset shorter than `size` repeats a pattern. The caller has checked the bounds. */
export function copyBack (output: Uint8Array, to: number, offset: number, size: number): void {
  if (size < SHORT) for (const end = to + size; to < end; to++) output[to] = output[to - offset]!
  else {
    for (let left = size; left > 0; offset *= 2) { // each turn makes the pattern twice as long
      const length = Math.min(left, offset)
      output.copyWithin(to, to - offset, to - offset + length)
      to += length
      left -= length
    }
  }
}
