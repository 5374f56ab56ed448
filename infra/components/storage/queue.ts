import * as sqs from '@pulumi/aws/sqs/index.js'
import * as pulumi from '@pulumi/pulumi'
import { onlyByTls } from '../../iam/only-by-tls.ts'
import type { Statement } from '../../iam/roles.ts'

const fourteenDays = 14 * 24 * 60 * 60 // the maximum retention of SQS

/** The FIFO queue of batches, with a message group for each provider, and the dead-letter queue for messages after ten receives. */
export class BatchQueue extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>
  readonly deadLetterUrl: pulumi.Output<string>
  readonly name: pulumi.Output<string>
  readonly deadLetterName: pulumi.Output<string>
  readonly ready: pulumi.Resource[]
  readonly #arn: pulumi.Output<string>
  readonly #deadLetterArn: pulumi.Output<string>

  constructor (name: string, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:BatchQueue', name, {}, opts)
    const parent = this
    const fifo: sqs.QueueArgs = {
      fifoQueue: true,
      deduplicationScope: 'messageGroup',
      fifoThroughputLimit: 'perMessageGroupId',
      sqsManagedSseEnabled: true,
      messageRetentionSeconds: fourteenDays,
      visibilityTimeoutSeconds: 30, // for a message whose worker died; a running worker extends it (VISIBILITY_SECONDS)
      receiveWaitTimeSeconds: 20,
    }
    const batches = new sqs.Queue(`${name}-batches`, fifo, { parent })
    const deadLetterQueue = new sqs.Queue(`${name}-batches-dead`, fifo, { parent })
    const redrive = new sqs.RedrivePolicy(`${name}-batches`, {
      queueUrl: batches.url, redrivePolicy: pulumi.jsonStringify({ deadLetterTargetArn: deadLetterQueue.arn, maxReceiveCount: 10 }),
    }, { parent })
    const allowed = new sqs.RedriveAllowPolicy(`${name}-batches-dead`, {
      queueUrl: deadLetterQueue.url, redriveAllowPolicy: pulumi.jsonStringify({ redrivePermission: 'byQueue', sourceQueueArns: [batches.arn] }),
    }, { parent })
    const policies = Object.entries({ batches, 'batches-dead': deadLetterQueue }).map(([queueName, queue]) => new sqs.QueuePolicy(`${name}-${queueName}`, {
      queueUrl: queue.url, policy: pulumi.jsonStringify({ Version: '2012-10-17', Statement: [onlyByTls('sqs:*', [queue.arn])] }),
    }, { parent }))

    this.url = batches.url
    this.deadLetterUrl = deadLetterQueue.url
    this.name = batches.name
    this.deadLetterName = deadLetterQueue.name
    this.#arn = batches.arn
    this.#deadLetterArn = deadLetterQueue.arn
    this.ready = [redrive, allowed, ...policies]
    this.registerOutputs({ url: this.url, deadLetterUrl: this.deadLetterUrl })
  }

  /** Permits to send batches to the worker, and to read the number of waiting messages. */
  send (): Statement[] {
    return [{ actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'], resources: [this.#arn] }]
  }

  /** Permits to receive batches and dead letters, and to send lost messages again. */
  work (): Statement[] {
    const take = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes']
    return [{ actions: take, resources: [this.#arn, this.#deadLetterArn] }, { actions: ['sqs:SendMessage'], resources: [this.#arn] }]
  }
}
