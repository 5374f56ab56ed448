import * as lb from '@pulumi/aws/lb/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Balancer } from './balancer.ts'
import { role, type Role } from '../../iam/roles.ts'
import { containerPort } from '../compute/task.ts'

export interface BlueGreenArgs {
  vpcId: pulumi.Output<string>
  balancer: Balancer
  /** For clients. Without a certificate, clients use plain HTTP. */
  certificateArn?: pulumi.Input<string> | undefined
  /** Requests without this header get the listener's 503. */
  requiredHeader?: { name: string, value: pulumi.Input<string> } | undefined
  /** Ports of the balancer: one for clients, one for the smoke check of a new version. */
  ports: { production: number, test: number }
  permissionsBoundary: string | undefined
}

/**
 * The resources by which ECS moves traffic between two versions of a service: two target groups, a listener and a rule each for
 * production and for the test, and a role that may change both. After the first deployment, ECS owns the rules' weights.
 */
export class BlueGreen extends pulumi.ComponentResource {
  readonly blue: lb.TargetGroup
  readonly green: lb.TargetGroup
  readonly listener: lb.Listener
  readonly productionRule: lb.ListenerRule
  readonly testRule: lb.ListenerRule
  readonly role: Role

  constructor (name: string, args: BlueGreenArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:BlueGreen', name, {}, opts)
    const parent = this
    const { balancer, ports } = args
    const targetGroup = (suffix: string): lb.TargetGroup => new lb.TargetGroup(`${name}-${suffix}`, {
      vpcId: args.vpcId, targetType: 'ip', protocol: 'HTTP', port: containerPort,
      deregistrationDelay: 30,
      loadBalancingAlgorithmType: 'least_outstanding_requests',
      // Liveness: ECS replaces a task that fails this check. An unavailable database must not cause the replacement of every task.
      healthCheck: { path: '/live', interval: 10, timeout: 5, healthyThreshold: 2, unhealthyThreshold: 3, matcher: '200' },
    }, { parent })
    this.blue = targetGroup('b')
    this.green = targetGroup('g')

    type Conditions = lb.ListenerRuleArgs['conditions']
    const all = { pathPattern: { values: ['/*'] } }
    type Groups = [first: lb.TargetGroup, second: lb.TargetGroup]
    const rule = (ruleName: string, listener: lb.Listener, [first, second]: Groups, conditions: Conditions = [all]) => new lb.ListenerRule(ruleName, {
      listenerArn: listener.arn,
      priority: 1,
      conditions,
      actions: [{ type: 'forward', forward: { targetGroups: [{ arn: first.arn, weight: 100 }, { arn: second.arn, weight: 0 }] } }],
    }, { parent, ignoreChanges: ['actions'] }) // ECS moves the weights
    this.listener = balancer.listener(name, ports.production, args.certificateArn, parent)
    // Plain HTTP: the certificate's name does not resolve to an address inside the network.
    const testListener = balancer.listener(`${name}-test`, ports.test, undefined, parent)
    const { requiredHeader } = args
    this.productionRule = rule(name, this.listener, [this.blue, this.green],
      requiredHeader && [all, { httpHeader: { httpHeaderName: requiredHeader.name, values: [requiredHeader.value] } }])
    this.testRule = rule(`${name}-test`, testListener, [this.green, this.blue])

    this.role = role(`${name}-traffic`, {
      service: 'ecs.amazonaws.com',
      permissionsBoundary: args.permissionsBoundary,
      statements: [
        // AWS has no narrower resource for these reads.
        {
          actions: ['DescribeTargetGroups', 'DescribeTargetHealth', 'DescribeListeners', 'DescribeRules'].map(action => `elasticloadbalancing:${action}`),
          resources: ['*'],
        },
        { actions: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'], resources: [this.blue.arn, this.green.arn] },
        { actions: ['elasticloadbalancing:ModifyListener'], resources: [this.listener.arn, testListener.arn] },
        { actions: ['elasticloadbalancing:ModifyRule'], resources: [this.productionRule.arn, this.testRule.arn] },
      ],
    }, parent)
    this.registerOutputs({})
  }
}
