import * as kms from '@pulumi/aws/kms/index.js'
import * as pulumi from '@pulumi/pulumi'
import { privateBucket } from '../components/storage/private-bucket.ts'

/** The bucket of Pulumi's state, and the key of the secrets in the state. */
export class State extends pulumi.ComponentResource {
  readonly bucketName: pulumi.Output<string>
  readonly bucketArn: pulumi.Output<string>
  readonly keyArn: pulumi.Output<string>

  constructor (name: string, { account }: { account: pulumi.Output<string> }, opts?: pulumi.ComponentResourceOptions) {
    super('freight:bootstrap:State', name, {}, opts)
    const { bucket } = privateBucket(`${name}-pulumi`, {
      // The workflows derive this name from the account.
      fixedName: pulumi.interpolate`freight-pulumi-${account}`,
      versioned: true,
      protect: true,
      // An older version of the object replaces a damaged state.
      lifecycleRules: [{ id: 'versions', status: 'Enabled', filter: {}, noncurrentVersionExpiration: { noncurrentDays: 180 } }],
    }, this)
    const key = new kms.Key(`${name}-pulumi`, {
      description: 'secrets in the state of Pulumi', enableKeyRotation: true, deletionWindowInDays: 30,
    }, { parent: this, protect: true })
    new kms.Alias(`${name}-pulumi`, { name: 'alias/freight-pulumi', targetKeyId: key.keyId }, { parent: this })
    this.bucketName = bucket.bucket
    this.bucketArn = bucket.arn
    this.keyArn = key.arn
    this.registerOutputs({ bucketName: this.bucketName })
  }
}
