import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import type * as pulumi from '@pulumi/pulumi'
import { edgeRegion } from './edge-region.ts'

/** No key, body or query: address, request, result, and CloudFront's request id, which the response has as X-Amz-Cf-Id. */
const fields = [
  'date', 'time', 'x-edge-location', 'c-ip', 'cs-method', 'cs-uri-stem', 'sc-status', 'sc-bytes', 'cs-bytes', 'time-taken', 'x-edge-request-id',
  'x-edge-detailed-result-type', 'cs-protocol-version', 'ssl-protocol',
]

/** Creates the access log of a distribution. The gateway's log has CloudFront's addresses in place of the clients'. */
export function edgeLog (
  name: string, { distributionArn, days }: { distributionArn: pulumi.Output<string>, days: number }, parent: pulumi.Resource
): void {
  const opts = { parent }
  // With this prefix AWS needs no resource policy that grows with each log group.
  const group = new cloudwatch.LogGroup(`${name}-edge`, {
    region: edgeRegion, name: `/aws/vendedlogs/cloudfront/${name}`, retentionInDays: days,
  }, opts)
  const source = new cloudwatch.LogDeliverySource(`${name}-edge`, {
    region: edgeRegion, name: `${name}-edge`, logType: 'ACCESS_LOGS', resourceArn: distributionArn,
  }, opts)
  const destination = new cloudwatch.LogDeliveryDestination(`${name}-edge`, {
    region: edgeRegion, name: `${name}-edge`, outputFormat: 'json', deliveryDestinationConfiguration: { destinationResourceArn: group.arn },
  }, opts)
  new cloudwatch.LogDelivery(`${name}-edge`, {
    region: edgeRegion, deliverySourceName: source.name, deliveryDestinationArn: destination.arn, recordFields: fields,
  }, opts)
}
