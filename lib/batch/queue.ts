import {
  ChangeMessageVisibilityCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'

/** One delivery of a batch's message. */
export type Delivery = {
  /** Empty when the message is none of ours. */
  batchId: string
  /** W3C trace context that the message came with. */
  traceparent?: string | undefined
  body: string
  /** The message group: the provider. */
  group: string
  receipt: string
  /** Which delivery of this message it is, from 1; SQS moves it to the dead-letter queue after its tenth. */
  receives: number
}

export type Queue = ReturnType<typeof openQueue>

/** The FIFO queue of batches. Group = provider: a provider's batches arrive in order and hold up nobody else's. */
export function openQueue (sqs: SQSClient, queueUrl: string) {
  const at = (receipt: string): { QueueUrl: string, ReceiptHandle: string } => ({ QueueUrl: queueUrl, ReceiptHandle: receipt })

  /** The batch id as deduplication id keeps a second send within five minutes from arriving; the marker does the rest. */
  async function send (batchId: string, provider: string, deduplicationId = batchId, traceparent?: string): Promise<void> {
    await sqs.send(new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: JSON.stringify({ version: 1, id: batchId }),
      MessageGroupId: provider,
      MessageDeduplicationId: deduplicationId,
      ...(traceparent ? { MessageAttributes: { traceparent: { DataType: 'String', StringValue: traceparent } } } : {}),
    }))
  }

  /** Waits up to `waitSeconds` for a message. One that is none of ours has the batch id '' and fails as a batch that does not exist. */
  async function receive (waitSeconds: number, signal: AbortSignal): Promise<Delivery | null> {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({
      QueueUrl: queueUrl, MaxNumberOfMessages: 1, WaitTimeSeconds: waitSeconds, MessageSystemAttributeNames: ['ApproximateReceiveCount', 'MessageGroupId'],
      MessageAttributeNames: ['traceparent'],
    }), { abortSignal: signal })
    const message = Messages?.[0]
    if (!message) return null
    const receives = Number(message.Attributes?.ApproximateReceiveCount ?? 1)
    const body = message.Body ?? ''
    return {
      batchId: idOf(body), traceparent: message.MessageAttributes?.traceparent?.StringValue, body, group: message.Attributes?.MessageGroupId ?? '',
      receipt: message.ReceiptHandle!, receives,
    }
  }

  /** Keeps the message from others for another `seconds`. */
  const extend = async ({ receipt }: Delivery, seconds: number): Promise<void> => {
    await sqs.send(new ChangeMessageVisibilityCommand({ ...at(receipt), VisibilityTimeout: seconds }))
  }
  /** Hands the message back, to be delivered again after `seconds`. */
  const release = (delivery: Delivery, seconds = 0): Promise<void> => extend(delivery, seconds)

  const remove = async ({ receipt }: Pick<Delivery, 'receipt'>): Promise<void> => {
    await sqs.send(new DeleteMessageCommand(at(receipt)))
  }

  /** Messages in the queue, those in hand included: an approximation, as SQS says. */
  async function countMessages (): Promise<number> {
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'],
    }))
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0)
  }

  /** Receives after which SQS moves a message to the dead-letter queue, by the queue's redrive policy; null without one. */
  async function readMaxReceives (): Promise<number | null> {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['RedrivePolicy'] }))
    const { maxReceiveCount } = JSON.parse(Attributes?.RedrivePolicy ?? '{}') as { maxReceiveCount?: number | string }
    return maxReceiveCount === undefined ? null : Number(maxReceiveCount)
  }

  return { send, receive, extend, release, remove, countMessages, readMaxReceives }
}

function idOf (body: string): string {
  try {
    const { id } = JSON.parse(body) as { id?: unknown }
    return typeof id === 'string' && /^[0-9a-f]{64}$/.test(id) ? id : ''
  } catch {
    return ''
  }
}
