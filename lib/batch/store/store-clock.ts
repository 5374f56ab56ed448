import type { ListObjectsV2Command } from '@aws-sdk/client-s3'

/**
 * Returns a function that returns the time of the response to `command` by the clock of the store. In milliseconds, to the second. Objects are
 * dated by that clock, and the clock of this process may be wrong. Call the function after the response.
 */
export function trackServerTime (command: ListObjectsV2Command): () => number {
  let date: string | undefined
  command.middlewareStack.add(next => async args => {
    const result = await next(args)
    date = (result.response as { headers: Record<string, string> }).headers.date
    return result
  }, { step: 'deserialize' })
  return () => date === undefined ? Date.now() : Date.parse(date)
}
