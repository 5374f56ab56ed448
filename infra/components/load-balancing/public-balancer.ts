import * as lb from '@pulumi/aws/lb/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Balancer } from './balancer.ts'
import { allow, allowFrom, securityGroup } from '../network/security-groups.ts'

export interface PublicBalancerArgs {
  vpcId: pulumi.Output<string>
  /** Public subnets. */
  subnetIds: pulumi.Output<string>[]
  balancer: Balancer
  /** The rates API's listener of the internal balancer. */
  listener: lb.Listener
  /** Whether that listener uses TLS. */
  secure: boolean
  /** Addresses that may connect. */
  allowedCidrs: string[]
  protect: boolean
}

/**
 * The public balancer, the only resource that is open to addresses. It forwards connections to the internal balancer,
 * still encrypted and with the client's address.
 */
export class PublicBalancer extends pulumi.ComponentResource {
  readonly dnsName: pulumi.Output<string>
  readonly zoneId: pulumi.Output<string>

  constructor (name: string, args: PublicBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Entrance', name, {}, opts)
    const parent = this
    const { balancer } = args
    const group = securityGroup(`${name}-entrance`, 'public balancer', args.vpcId, parent)
    const publicBalancer = new lb.LoadBalancer(`${name}-entrance`, {
      internal: false,
      loadBalancerType: 'network',
      subnets: args.subnetIds,
      securityGroups: [group.id],
      enableCrossZoneLoadBalancing: true,
      enableDeletionProtection: args.protect,
    }, { parent })
    const ports = args.secure
      ? [{ port: 443, protocol: 'HTTPS', inner: args.listener }, { port: 80, protocol: 'HTTP', inner: balancer.redirect(`${name}-redirect`, 80, parent) }]
      : [{ port: 80, protocol: 'HTTP', inner: args.listener }]

    for (const { port, protocol, inner } of ports) {
      const rules = [
        ...allowFrom(`${name}-public-${port}`, args.allowedCidrs, group, port, parent),
        ...allow(`${name}-entrance-${port}`, group, balancer.group, port, parent),
      ]
      const target = new lb.TargetGroup(`${name}-in-${port}`, {
        vpcId: args.vpcId, port, protocol: 'TCP', targetType: 'alb',
        // Every response counts as healthy: the internal balancer checks the tasks itself.
        healthCheck: { protocol, path: '/live', matcher: '200-399' },
      }, { parent })
      // The target must be a port on which the internal balancer listens.
      const attached = new lb.TargetGroupAttachment(`${name}-in-${port}`, { targetGroupArn: target.arn, targetId: balancer.arn, port }, { parent, dependsOn: inner })
      new lb.Listener(`${name}-public-${port}`, {
        loadBalancerArn: publicBalancer.arn, port, protocol: 'TCP', defaultActions: [{ type: 'forward', targetGroupArn: target.arn }],
      }, { parent, dependsOn: [attached, ...rules] })
    }
    this.dnsName = publicBalancer.dnsName
    this.zoneId = publicBalancer.zoneId
    this.registerOutputs({ dnsName: this.dnsName })
  }
}
