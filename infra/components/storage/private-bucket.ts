import * as s3 from '@pulumi/aws/s3/index.js'
import * as pulumi from '@pulumi/pulumi'
import { onlyByTls } from '../../iam/only-by-tls.ts'

export interface PrivateBucketArgs {
  /** Replaces the name that Pulumi generates. */
  fixedName?: pulumi.Input<string>
  lifecycleRules: NonNullable<s3.BucketLifecycleConfigurationArgs['rules']>
  versioned: boolean
  /** Prevents the deletion by Pulumi and by accident. */
  protect: boolean
  /** Further statements of the policy, given the bucket's ARN. */
  statements?: (arn: pulumi.Output<string>) => object[]
}

/** Creates a bucket that is private, encrypted and reachable by TLS only. The resources of `ready` exist once all of this is set. */
export function privateBucket (name: string, args: PrivateBucketArgs, parent: pulumi.Resource): { bucket: s3.Bucket, ready: pulumi.Resource[] } {
  const s3Bucket = new s3.Bucket(name, {
    forceDestroy: !args.protect, ...(args.fixedName ? { bucket: args.fixedName } : {}),
  }, { parent, protect: args.protect })
  const bucket = s3Bucket.bucket
  const publicAccessBlock = new s3.BucketPublicAccessBlock(name, {
    bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true,
  }, { parent })
  const ready = [
    publicAccessBlock,
    new s3.BucketOwnershipControls(name, { bucket, rule: { objectOwnership: 'BucketOwnerEnforced' } }, { parent }),
    new s3.BucketServerSideEncryptionConfiguration(name, {
      bucket, rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' }, bucketKeyEnabled: true }],
    }, { parent }),
    new s3.BucketPolicy(name, {
      bucket,
      policy: pulumi.jsonStringify({
        Version: '2012-10-17',
        Statement: [onlyByTls('s3:*', [s3Bucket.arn, pulumi.interpolate`${s3Bucket.arn}/*`]), ...args.statements?.(s3Bucket.arn) ?? []],
      }),
    }, { parent, dependsOn: publicAccessBlock }),
  ]
  const versioning = args.versioned ? [new s3.BucketVersioning(name, { bucket, versioningConfiguration: { status: 'Enabled' } }, { parent })] : []
  const lifecycle = new s3.BucketLifecycleConfiguration(name, { bucket, rules: args.lifecycleRules }, { parent, dependsOn: versioning })
  return { bucket: s3Bucket, ready: [...ready, ...versioning, lifecycle] }
}
