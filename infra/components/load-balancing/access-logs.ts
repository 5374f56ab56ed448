import type * as pulumi from '@pulumi/pulumi'
import type * as s3 from '@pulumi/aws/s3/index.js'
import { privateBucket } from '../storage/private-bucket.ts'

/** Creates the bucket for the access logs of the account's load balancers. */
export function accessLogBucket (
  name: string, account: string, days: number, parent: pulumi.Resource
): { bucket: s3.Bucket, ready: pulumi.Resource[] } {
  return privateBucket(`${name}-access-logs`, {
    versioned: false,
    protect: false,
    lifecycleRules: [{ id: 'all', status: 'Enabled', filter: {}, expiration: { days }, abortIncompleteMultipartUpload: { daysAfterInitiation: 2 } }],
    statements: arn => [{
      Sid: 'LoadBalancersWrite', Effect: 'Allow', Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
      Action: 's3:PutObject', Resource: arn.apply(text => `${text}/AWSLogs/${account}/*`),
    }],
  }, parent)
}
