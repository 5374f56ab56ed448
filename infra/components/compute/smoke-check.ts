import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as lambda from '@pulumi/aws/lambda/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Check } from '../../smoke/check.ts'
import type { Balancer } from '../load-balancing/balancer.ts'
import { role, type Role } from '../../iam/roles.ts'
import { allow, securityGroup } from '../network/security-groups.ts'
import type { SmokeCode } from './smoke-code.ts'

export interface SmokeCheckArgs {
  vpcId: pulumi.Output<string>
  subnetIds: pulumi.Output<string>[]
  balancer: Balancer
  /** The test listener's port. */
  port: number
  checks: Check[]
  code: SmokeCode
  logDays: number
  permissionsBoundary: string | undefined
}

/** A Lambda function in the VPC that ECS calls before traffic moves to a new version. The function reaches the test listener only. */
export class SmokeCheck extends pulumi.ComponentResource {
  readonly functionArn: pulumi.Output<string>
  /** The role by which ECS calls the function. */
  readonly caller: Role
  readonly ready: pulumi.Resource[]

  constructor (name: string, args: SmokeCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:SmokeCheck', name, {}, opts)
    const parent = this
    const { permissionsBoundary } = args
    // Without this resource Lambda would create the log group itself, without a retention.
    const functionName = `${name}-smoke`
    const logs = new cloudwatch.LogGroup(`${name}-smoke`, { name: `/aws/lambda/${functionName}`, retentionInDays: args.logDays }, { parent })
    const group = securityGroup(`${name}-smoke`, `smoke check of ${name}`, args.vpcId, parent)
    const rules = allow(`${name}-smoke`, group, args.balancer.group, args.port, parent)
    const own = role(`${name}-smoke`, {
      service: 'lambda.amazonaws.com',
      permissionsBoundary,
      statements: [
        { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [pulumi.interpolate`${logs.arn}:*`] },
        // Network interfaces of the function; AWS has no narrower resource.
        {
          actions: ['CreateNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'DeleteNetworkInterface', 'AssignPrivateIpAddresses',
            'UnassignPrivateIpAddresses'].map(action => `ec2:${action}`),
          resources: ['*'],
        },
      ],
    }, parent)
    const check = new lambda.Function(`${name}-smoke`, {
      name: functionName,
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: 'check.handler',
      s3Bucket: args.code.bucket,
      s3Key: args.code.key,
      role: own.arn,
      timeout: 60,
      memorySize: 256,
      vpcConfig: { subnetIds: args.subnetIds, securityGroupIds: [group.id] },
      environment: { variables: { TARGET: pulumi.interpolate`http://${args.balancer.dnsName}:${args.port}`, CHECKS: JSON.stringify(args.checks) } },
    }, { parent, dependsOn: [logs, ...own.ready] })
    this.functionArn = check.arn
    this.caller = role(`${name}-smoke-caller`, {
      service: 'ecs.amazonaws.com', permissionsBoundary, statements: [{ actions: ['lambda:InvokeFunction'], resources: [check.arn] }],
    }, parent)
    this.ready = [check, ...rules, ...this.caller.ready]
    this.registerOutputs({ functionArn: this.functionArn })
  }
}
