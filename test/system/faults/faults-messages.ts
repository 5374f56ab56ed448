import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { randomUUID } from 'node:crypto'
import type { Fault, FaultContext } from './fault.ts'

/** Sends the messages of some batches again, five times each, after all later messages of their providers. */
const duplicate: Fault = async ({ system, pick, accepted }) => {
  const all = accepted()
  const some = [pick(all), all.at(-1)].filter(batch => batch !== undefined)
  for (const { id, provider } of some) {
    for (let copy = 0; copy < 5; copy++) await send(system, id, provider)
  }
  return { detail: `${some.length * 5} messages` }
}

/** Sends the messages of the latest batches again, the newest first, concurrently with their original order. */
const reorder: Fault = async ({ system, accepted }) => {
  const some = accepted().slice(-4).reverse()
  for (const { id } of some) await send(system, id, 'out-of-order')
  return { detail: `${some.length} messages`, batches: some.map(({ batch }) => batch) }
}

/** Sends messages that the services do not know. */
const foreign: Fault = async ({ system }) => { await send(system, 'nonsense', randomUUID()) }

async function send ({ sqs, queueUrl }: FaultContext['system'], id: string, group: string): Promise<void> {
  await sqs.send(new SendMessageCommand({
    QueueUrl: queueUrl, MessageBody: JSON.stringify({ version: 1, id }), MessageGroupId: group, MessageDeduplicationId: randomUUID(),
  }))
}

export const messageFaults: Record<string, { weight: number, fault: Fault }> = {
  'messages duplicated': { weight: 7, fault: duplicate },
  'messages reordered': { weight: 4, fault: reorder },
  'a foreign message': { weight: 1, fault: foreign },
}
