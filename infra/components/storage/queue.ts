import * as sqs from '@pulumi/aws/sqs/index.js'
import * as pulumi from '@pulumi/pulumi'
import { onlyByTls } from '../../iam/only-by-tls.ts'
import type { Statement } from '../../iam/roles.ts'

const fourteenDays = 14 * 24 * 60 * 60 // the longest that SQS keeps a message

/** The FIFO queue of batches, a group per provider, and the dead-letter queue to which the tenth receive of a message leads. */
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
      visibilityTimeoutSeconds: 30, // of a message whose worker died; a living one extends it (VISIBILITY_SECONDS)
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

  /** May send batches to the worker, and see how many wait. */
  send (): Statement[] {
    return [{ actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'], resources: [this.#arn] }]
  }

  /** May take batches and dead letters, and send again what was lost. */
  work (): Statement[] {
    const take = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes']
    return [{ actions: take, resources: [this.#arn, this.#deadLetterArn] }, { actions: ['sqs:SendMessage'], resources: [this.#arn] }]
  }
}
