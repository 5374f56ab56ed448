import { SendMessageCommand, SetQueueAttributesCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { createHash } from 'node:crypto'
import { deadLetterQueue, queueUrl } from '../../../dev/emulator/resources.ts'
import { ensurePartitions, monthAhead } from '../../../lib/migrations/partitions.ts'
import { keyOf, operatorKey, startSystem, type ProxiedService, type System } from '../faults/system.ts'
import { secretsManager, type SecretsManager } from '../../harness/secrets-manager.ts'
import { standbyOf, type Standby } from '../../harness/standby.ts'

export const providers = ['north', 'south', 'east', 'west', 'middle']

/** What the causes work with. */
export type Fixture = System & {
  standby: Standby
  /** A second rates API, on a replica. Its cache may grow beyond its memory, and it requires a key of the secret. */
  replicated: ProxiedService
  secrets: SecretsManager
  /** Sends a batch and resolves with its id. */
  submit: (provider: string, rows: string) => Promise<string>
  /** Sends `GET /rates` repeatedly, `atOnce` at a time, until the returned function is called. */
  pollRates: (atOnce: number) => () => Promise<unknown>
  /** Sets the number of receives after which a message moves to the dead-letter queue. */
  setMaxReceives: (receives: number) => Promise<void>
  sendDeadLetter: (id: string) => Promise<void>
  /** Sends a message that names no batch. */
  sendStray: () => Promise<void>
  discardDeadLetters: () => Promise<void>
}

const sha256 = createHash('sha256').update(keyOf('reader')).digest('hex')
/** The value of the secret: the key of `asReader`. */
export const readersKeys = { value: JSON.stringify([{ provider: 'reader', sha256, scopes: ['rates'] }]) }
export const asReader = { headers: { authorization: `Bearer ${keyOf('reader')}` } }

let sent = 0
/** Returns a row that no other batch of the drill has. */
export const goodRow = (): string => `CNGGZ,EETLL,2021-01-${String(1 + sent++ % 28).padStart(2, '0')},${1_000 + sent}\n`
export const path = '/rates?date_from=2021-01-01&date_to=2021-01-31&orig_code=CNGGZ&dest_code=EETLL'

export async function openFixture (folder: string): Promise<Fixture> {
  const system = await startSystem({
    folder, providers, limitDisk: false,
    died: (process, code, signal, output) => { console.error(`${process} exited by itself: ${code ?? signal}\n${output}`) },
  })
  await ensurePartitions(system.admin, monthAhead(0), monthAhead(6))
  const standby = await standbyOf(system.server)
  let closeSecrets = (): void => {}
  const secrets = await secretsManager({ teardown (close) { closeSecrets = close } })
  secrets.respondWith(readersKeys)
  const replicated = await system.startProxied('rates-api-2', 'rates-api', 'rates_api', {
    ...secrets.env, RATES_KEYS_REQUIRED: 'true', DATABASE_READ_URLS: standby.url('rates_api', 'freight'), RATES_CACHE_BYTES: String(2 ** 30),
  })
  await replicated.start()
  const { ingestionApi, sqs, queueUrl: url } = system
  const deadUrl = queueUrl(system.emulator.url, deadLetterQueue)

  async function submit (provider: string, rows: string): Promise<string> {
    const response = await fetch(`${ingestionApi.url}/batches`, {
      method: 'POST', body: `orig_code,dest_code,day,price\n${rows}`, headers: { authorization: `Bearer ${keyOf(provider)}`, 'content-type': 'text/csv' },
    })
    if (response.status !== 202) throw new Error(`a batch got status ${response.status}`)
    return (await response.json() as { id: string }).id
  }

  function pollRates (atOnce: number): () => Promise<unknown> {
    const over = new AbortController()
    const polling = Array.from({ length: atOnce }, async () => {
      while (!over.signal.aborted) {
        await fetch(system.ratesApi.url + path).then(response => response.text(), () => '')
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    })
    return () => {
      over.abort()
      return Promise.all(polling)
    }
  }

  return {
    ...system, standby, replicated, secrets, submit, pollRates,
    async setMaxReceives (receives) {
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: deadUrl, AttributeNames: ['QueueArn'] }))
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes!.QueueArn, maxReceiveCount: receives })
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { RedrivePolicy } }))
    },
    async sendDeadLetter (id) {
      await sqs.send(new SendMessageCommand({
        QueueUrl: deadUrl, MessageBody: JSON.stringify({ version: 1, id }), MessageGroupId: 'north', MessageDeduplicationId: `${id}-dead`,
      }))
    },
    async sendStray () {
      await sqs.send(new SendMessageCommand({ QueueUrl: system.queueUrl, MessageBody: 'none of ours', MessageGroupId: 'north', MessageDeduplicationId: 'stray' }))
    },
    async discardDeadLetters () {
      const headers = { authorization: `Bearer ${operatorKey}` }
      const { dead_letters: found } = await (await fetch(`${ingestionApi.url}/dead-letters`, { headers })).json() as { dead_letters: Array<{ id: string }> }
      for (const { id } of found) await fetch(`${ingestionApi.url}/dead-letters/${id}?reason=drill`, { method: 'DELETE', headers })
    },
    async stop () {
      await replicated.kill('SIGKILL')
      for (const proxy of [replicated.postgres, replicated.aws]) proxy.close()
      closeSecrets()
      await standby.remove()
      await system.stop()
    },
  }
}
