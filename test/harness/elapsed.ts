import { waitFor } from './wait.ts'

/** Resolves when at least this many milliseconds have passed. Use it for a time span that the test measures, never to wait for an event. */
export async function elapsed (ms: number): Promise<void> {
  const from = performance.now()
  await waitFor(() => performance.now() - from > ms)
}
