import {
  ChangeMessageVisibilityCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'

/** One delivery of the message of a batch. */
export type Delivery = {
  /** Empty when the message body names no batch. */
  batchId: string
  /** W3C trace context in the message attributes. */
  traceparent?: string | undefined
  body: string
  /** Message group: the provider. */
  group: string
  receipt: string
  /** Receive count of the message, from 1. SQS moves the message to the dead-letter queue after the tenth receive. */
  receives: number
}

export type Queue = ReturnType<typeof openQueue>

/** Opens the FIFO queue of batches. Each provider is a message group: its batches arrive in order and do not delay other providers. */
export function openQueue (sqs: SQSClient, queueUrl: string) {
  const at = (receipt: string): { QueueUrl: string, ReceiptHandle: string } => ({ QueueUrl: queueUrl, ReceiptHandle: receipt })

  /**
   * Sends the message of a batch. SQS drops a second message with the same deduplication id within five minutes. After that, the idempotency
   * record prevents a second application.
   */
  async function send (batchId: string, provider: string, deduplicationId = batchId, traceparent?: string): Promise<void> {
    await sqs.send(new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: JSON.stringify({ version: 1, id: batchId }),
      MessageGroupId: provider,
      MessageDeduplicationId: deduplicationId,
      ...(traceparent ? { MessageAttributes: { traceparent: { DataType: 'String', StringValue: traceparent } } } : {}),
    }))
  }

  /** Receives one message, or null after `waitSeconds`. A message that names no batch has the batch id '' and fails like an unknown batch. */
  async function receive (waitSeconds: number, signal: AbortSignal): Promise<Delivery | null> {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({
      QueueUrl: queueUrl, MaxNumberOfMessages: 1, WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount', 'MessageGroupId'], MessageAttributeNames: ['traceparent'],
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

  /** Hides the message from other consumers for another `seconds`. */
  const extend = async ({ receipt }: Delivery, seconds: number): Promise<void> => {
    await sqs.send(new ChangeMessageVisibilityCommand({ ...at(receipt), VisibilityTimeout: seconds }))
  }
  /** Returns the message to the queue. SQS redelivers the message after `seconds`. */
  const release = (delivery: Delivery, seconds = 0): Promise<void> => extend(delivery, seconds)

  const remove = async ({ receipt }: Pick<Delivery, 'receipt'>): Promise<void> => {
    await sqs.send(new DeleteMessageCommand(at(receipt)))
  }

  /** Returns the approximate number of messages in the queue, in flight and delayed ones included. */
  async function countMessages (): Promise<number> {
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'],
    }))
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0)
  }

  /** Returns the receives after which SQS moves a message to the dead-letter queue; null without a redrive policy. */
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
