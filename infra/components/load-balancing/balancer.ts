import type * as ec2 from '@pulumi/aws/ec2/index.js'
import * as lb from '@pulumi/aws/lb/index.js'
import * as pulumi from '@pulumi/pulumi'
import { accessLogBucket } from './access-logs.ts'
import { securityGroup } from '../network/security-groups.ts'

export interface BalancerArgs {
  account: string
  vpcId: pulumi.Output<string>
  /** Private subnets, so that nobody outside the network reaches the balancer. */
  subnetIds: pulumi.Output<string>[]
  /** Retention of the access logs, in days. */
  logDays: number
  protect: boolean
}

/**
 * The application balancer, inside the network. The public balancer, the gateway and the smoke checks reach separate ports.
 * A smoke check can reach a test listener by security group only inside the network: docs/decisions/0012.
 */
export class Balancer extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>
  /** Suffix of the ARN, which is the name in CloudWatch. */
  readonly arnSuffix: pulumi.Output<string>
  readonly dnsName: pulumi.Output<string>
  readonly group: ec2.SecurityGroup

  constructor (name: string, args: BalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Balancer', name, {}, opts)
    const logs = accessLogBucket(name, args.account, args.logDays, this)
    this.group = securityGroup(`${name}-balancer`, 'balancer inside the network', args.vpcId, this)
    const balancer = new lb.LoadBalancer(`${name}-inner`, {
      internal: true,
      loadBalancerType: 'application',
      subnets: args.subnetIds,
      securityGroups: [this.group.id],
      idleTimeout: 60, // the processes close an idle connection after 72 s
      dropInvalidHeaderFields: true,
      enableDeletionProtection: args.protect,
      accessLogs: { bucket: logs.bucket.bucket, enabled: true },
    }, { parent: this, dependsOn: logs.ready })
    this.arn = balancer.arn
    this.arnSuffix = balancer.arnSuffix
    this.dnsName = balancer.dnsName
    this.registerOutputs({ dnsName: this.dnsName })
  }

  /** Creates a listener that answers 503 if no rule matches. It uses TLS if there is a certificate. */
  listener (name: string, port: number, certificateArn: pulumi.Input<string> | undefined, parent: pulumi.Resource): lb.Listener {
    const tls = certificateArn
      ? { protocol: 'HTTPS', certificateArn, sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' }
      : { protocol: 'HTTP' }
    return new lb.Listener(name, {
      loadBalancerArn: this.arn, port, ...tls,
      defaultActions: [{ type: 'fixed-response', fixedResponse: { contentType: 'text/plain', statusCode: '503', messageBody: 'Nothing here' } }],
    }, { parent })
  }

  /** Creates a listener that redirects every request to HTTPS. */
  redirect (name: string, port: number, parent: pulumi.Resource): lb.Listener {
    return new lb.Listener(name, {
      loadBalancerArn: this.arn, port, protocol: 'HTTP',
      defaultActions: [{ type: 'redirect', redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } }],
    }, { parent })
  }
}
