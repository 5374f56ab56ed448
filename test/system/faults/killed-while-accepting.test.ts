import t from 'tap'
import { batchId } from '../../../lib/batch/batch.ts'
import { header, sha256 } from '../../harness/ingestion-api.ts'
import { ingestionProcesses } from '../../harness/ingestion-process.ts'
import type { Which } from '../../harness/aws-proxy.ts'

const points: Array<{ name: string, heldCall: Which, where: 'call' | 'response', accepted: boolean, messages: number }> = [
  { name: 'the payload', heldCall: ({ method, key }) => method === 'GET' && key.startsWith('batches/'), where: 'call', accepted: false, messages: 0 },
  { name: 'the pending record', heldCall: ({ method, key }) => method === 'PUT' && key.startsWith('batches/'), where: 'call', accepted: false, messages: 0 },
  { name: 'the manifest', heldCall: ({ method }) => method === 'SendMessage', where: 'call', accepted: true, messages: 0 },
  { name: 'the message', heldCall: ({ method }) => method === 'SendMessage', where: 'response', accepted: true, messages: 1 },
]

t.test('killed between the steps of an acceptance: the repeated request is the same batch', async t => {
  const system = await ingestionProcesses(t)
  const survivor = await system.start()
  for (const [index, { name, heldCall, where, accepted, messages }] of points.entries()) {
    t.test(`after ${name}`, async t => {
      const content = `${header}CNGGZ,EETLL,2021-01-05,${index + 1}\n`
      const id = batchId('demo', 'apply', { kind: 'content', value: sha256(content) })
      const messagesOfIt = async (): Promise<number> => (await system.messages()).filter(message => message.id === id).length
      const victim = await system.start()
      const pause = system.proxy.hold(heldCall, where)
      const lost = t.rejects(victim.submit(content))
      await pause.reached
      t.same(await victim.kill('SIGKILL'), { code: null, signal: 'SIGKILL' })
      await lost

      t.match(await survivor.call(`/batches/${id}`), accepted ? { status: 200, body: { state: 'queued' } } : { status: 404 })
      t.equal(await messagesOfIt(), messages)
      t.strictSame(await system.objects('pending/'), name === 'the payload' ? [] : [`pending/${id}`])

      t.match(await survivor.submit(content), { status: 202, body: { id, state: 'queued' } })
      t.equal(await messagesOfIt(), 1)
      t.equal((await system.payload(await system.manifest(id))).toString(), content)
      await system.settled()
    })
  }
})
