import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as ec2 from '@pulumi/aws/ec2/index.js'
import * as pulumi from '@pulumi/pulumi'
import { role } from '../../iam/roles.ts'

export interface FlowLogsArgs {
  vpcId: pulumi.Output<string>
  retentionInDays: number
  permissionsBoundary: string | undefined
}

/** Creates flow logs of the VPC: source and destination of all connections, accepted and rejected. */
export function flowLogs (name: string, { vpcId, retentionInDays, permissionsBoundary }: FlowLogsArgs, parent: pulumi.Resource): ec2.FlowLog {
  const group = new cloudwatch.LogGroup(`${name}-flow`, { retentionInDays }, { parent })
  const writer = role(`${name}-flow`, {
    service: 'vpc-flow-logs.amazonaws.com',
    permissionsBoundary,
    statements: [{
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
      resources: [pulumi.interpolate`${group.arn}:*`],
    }],
  }, parent)
  return new ec2.FlowLog(name, { vpcId, trafficType: 'ALL', logDestination: group.arn, iamRoleArn: writer.arn }, { parent, dependsOn: writer.ready })
}
