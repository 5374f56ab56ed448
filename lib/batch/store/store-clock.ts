import type { ListObjectsV2Command } from '@aws-sdk/client-s3'

/**
 * When the store has answered a command, by the store's own clock, in milliseconds and to the second: what lies in it is dated by
 * that clock, and ours may be wrong. Asked after the answer.
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
