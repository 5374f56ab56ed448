import { waitFor } from './wait.ts'

/** Resolves when at least so many milliseconds have passed: for a span that is measured, not for one that is hoped to suffice. */
export async function elapsed (ms: number): Promise<void> {
  const from = performance.now()
  await waitFor(() => performance.now() - from > ms)
}
