import { SendMessageCommand } from '@aws-sdk/client-sqs'
import t from 'tap'
import { openQueue, type Delivery } from '../../../lib/batch/queue.ts'
import { aws } from '../../harness/aws.ts'
import { waitLimitMs } from '../../harness/patience.ts'

const [a, b, c] = ['a', 'b', 'c'].map(letter => letter.repeat(64)) as [string, string, string]

t.test('the queue of batches', async t => {
  const { sqs, queueUrl } = await aws(t)
  const queue = openQueue(sqs, queueUrl)
  const receive = async (): Promise<Delivery> => (await queue.receive(5, AbortSignal.timeout(waitLimitMs)))!
  const none = () => queue.receive(0, AbortSignal.timeout(waitLimitMs))

  t.test('messages come in the order of a provider, and no provider delays another', async t => {
    await queue.send(a, 'demo')
    await queue.send(b, 'demo')
    await queue.send(c, 'other')
    // SQS promises no order between groups.
    const [first, other] = [await receive(), await receive()].sort((one, two) => one.group.localeCompare(two.group)) as [Delivery, Delivery]
    t.match(first, { batchId: a, group: 'demo', receives: 1 })
    t.match(other, { batchId: c, group: 'other', receives: 1 })
    t.equal(await none(), null, 'the next message of a provider waits for the one in flight')
    t.equal(await queue.countMessages(), 3)
    await queue.remove(first)
    const second = await receive()
    t.match(second, { batchId: b })
    await Promise.all([queue.remove(second), queue.remove(other)])
    t.equal(await queue.countMessages(), 0)
  })

  t.test('a message that is sent twice is received once; under another deduplication id it is received again', async t => {
    const id = 'd'.repeat(64)
    for (let i = 0; i < 3; i++) await queue.send(id, 'demo')
    await queue.remove(await receive())
    t.equal(await none(), null)
    await queue.send(id, 'demo', `${id}-1`)
    const again = await receive()
    t.match(again, { batchId: id, receives: 1 })
    await queue.remove(again)
  })

  t.test('a released message is received again and the receive counts; a hidden message is not received', async t => {
    const id = 'e'.repeat(64)
    await queue.send(id, 'demo')
    const first = await receive()
    await queue.extend(first, 60)
    t.equal(await none(), null)
    await queue.release(first)
    const second = await receive()
    t.match(second, { batchId: id, receives: 2 })
    await queue.remove(second)
  })

  t.test('a foreign message has no batch id', async t => {
    const bodies = ['nonsense', '{}', '{"id":1}', '{"id":"short"}', JSON.stringify({ id: 'A'.repeat(64) }), 'null', '[]']
    for (const [index, MessageBody] of bodies.entries()) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody, MessageGroupId: `g${index}`, MessageDeduplicationId: `d${index}` }))
      const delivery = await receive()
      t.match(delivery, { batchId: '', body: MessageBody })
      await queue.remove(delivery)
    }
  })
})
