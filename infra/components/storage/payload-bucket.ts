import * as pulumi from '@pulumi/pulumi'
import { privateBucket } from './private-bucket.ts'
import type { Statement } from '../../iam/roles.ts'

export interface PayloadBucketArgs {
  /** Days after which payloads, reports and effects expire. */
  keepDays: number
  protect: boolean
}

/**
 * Prefixes that expire. `batches/` does not: a manifest is the acceptance of a batch, and answers repeated requests forever. `decisions/`
 * does not: a restored database reads from it which batches were rejected and discarded. `profiles/` and
 * `profile-versions/` do not: batches name versions.
 */
const expiring = ['incoming/', 'pending/', 'uploads/', 'reports/', 'effects/']

/** The bucket of payloads and manifests; lib/batch/store/store.ts describes its prefixes. */
export class PayloadBucket extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>
  readonly ready: pulumi.Resource[]
  readonly #arn: pulumi.Output<string>

  constructor (name: string, args: PayloadBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:PayloadBucket', name, {}, opts)
    const { bucket, ready } = privateBucket(`${name}-payloads`, {
      versioned: true,
      protect: args.protect,
      lifecycleRules: [
        ...expiring.map(prefix => ({
          id: prefix.replace('/', ''), status: 'Enabled', filter: { prefix },
          expiration: { days: args.keepDays }, noncurrentVersionExpiration: { noncurrentDays: 7 },
        })),
        {
          id: 'operators', status: 'Enabled', filter: { prefix: 'operators/' },
          expiration: { days: 1 }, noncurrentVersionExpiration: { noncurrentDays: 1 },
        },
        { id: 'unfinished', status: 'Enabled', filter: {}, abortIncompleteMultipartUpload: { daysAfterInitiation: 2 } },
      ],
    }, this)
    this.name = bucket.bucket
    this.#arn = bucket.arn
    this.ready = ready
    this.registerOutputs({ name: this.name })
  }

  /**
   * Accepts batches: payloads, manifests, pending records, uploads. Reads reports, writes effects, notes of releases, and a decision when an
   * operator discards a batch. Writes and deletes profiles, and writes their versions.
   */
  accept (): Statement[] {
    return [
      this.#allowList(),
      this.#allowObjects(['s3:PutObject', 's3:GetObject'], ['batches/*', 'uploads/*']),
      this.#allowObjects(['s3:PutObject', 's3:GetObject', 's3:DeleteObject'], ['incoming/*', 'pending/*']),
      this.#allowObjects(['s3:GetObjectVersion', 's3:DeleteObjectVersion', 's3:AbortMultipartUpload'], ['incoming/*']),
      this.#allowObjects(['s3:PutObject', 's3:GetObject'], ['decisions/*', 'releases/*']),
      this.#allowObjects(['s3:GetObject'], ['reports/*']),
      ...this.#profiles(),
      this.#allowObjects(['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload'], ['effects/*']),
    ]
  }

  /** Applies batches: reads payloads, manifests and notes of releases, writes reports, effects, decisions and the withdrawals of replaced batches,
   * deletes pending records. */
  apply (): Statement[] {
    return [
      this.#allowList(),
      this.#allowObjects(['s3:GetObject', 's3:GetObjectVersion'], ['incoming/*']),
      this.#allowObjects(['s3:PutObject', 's3:GetObject'], ['batches/*']),
      this.#allowObjects(['s3:GetObject'], ['releases/*']),
      this.#allowObjects(['s3:GetObject', 's3:DeleteObject'], ['pending/*']),
      this.#allowObjects(['s3:PutObject', 's3:AbortMultipartUpload'], ['reports/*', 'effects/*']),
      this.#allowObjects(['s3:PutObject', 's3:GetObject'], ['decisions/*']),
    ]
  }

  /**
   * Runs an operator's command: reads copied files, manifests, reports and decisions, writes decisions, withdrawals and profiles, looks for
   * payloads, purges.
   */
  operate (): Statement[] {
    return [
      this.#allowList(),
      this.#allowObjects(['s3:GetObject'], ['operators/*', 'reports/*']),
      this.#allowObjects(['s3:PutObject', 's3:GetObject'], ['batches/*']),
      this.#allowObjects(['s3:PutObject', 's3:GetObject', 's3:DeleteObject'], ['pending/*']),
      this.#allowObjects(['s3:PutObject', 's3:GetObject'], ['decisions/*', 'purges/*', 'releases/*']),
      this.#allowObjects(['s3:GetObject', 's3:GetObjectVersion'], ['incoming/*']),
      ...this.#profiles(),
      { actions: ['s3:ListBucketVersions'], resources: [this.#arn] },
      this.#allowObjects(['s3:DeleteObject', 's3:DeleteObjectVersion'], ['incoming/*', 'reports/*', 'effects/*', 'decisions/*']),
    ]
  }

  /** The versions of a profile are never deleted. */
  #profiles (): Statement[] {
    return [
      this.#allowObjects(['s3:PutObject', 's3:GetObject', 's3:DeleteObject'], ['profiles/*']),
      this.#allowObjects(['s3:PutObject', 's3:GetObject'], ['profile-versions/*']),
    ]
  }

  /** Without this permission S3 answers 403, not 404, for a missing object. */
  #allowList (): Statement {
    return { actions: ['s3:ListBucket'], resources: [this.#arn] }
  }

  #allowObjects (actions: string[], keys: string[]): Statement {
    return { actions, resources: keys.map(key => pulumi.interpolate`${this.#arn}/${key}`) }
  }
}
