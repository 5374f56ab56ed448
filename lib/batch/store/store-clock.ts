import type { ListObjectsV2Command } from '@aws-sdk/client-s3'

/**
 * When the store has answered a command, by the store's own clock, in milliseconds and to the second: what lies in it is dated by
 * that clock, and ours may be wrong. Asked after the answer.
 */
export function answerTimeOf (command: ListObjectsV2Command): () => number {
  let date: string | undefined
  command.middlewareStack.add(next => async asked => {
    const answer = await next(asked)
    date = (answer.response as { headers: Record<string, string> }).headers.date
    return answer
  }, { step: 'deserialize' })
  return () => date === undefined ? Date.now() : Date.parse(date)
}
