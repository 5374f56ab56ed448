import * as wafv2 from '@pulumi/aws/wafv2/index.js'
import * as pulumi from '@pulumi/pulumi'

export interface FirewallArgs {
  balancerArn: pulumi.Input<string>
  requestsPerFiveMinutes: number
}

/** Blocks an address that asks the rates API too often. Batches come through the gateway, from one address, and are not counted. */
export class Firewall extends pulumi.ComponentResource {
  constructor (name: string, { balancerArn, requestsPerFiveMinutes }: FirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Firewall', name, {}, opts)
    const visibility = (metricName: string) => ({ metricName, cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true })
    const starts = (searchString: string) => ({
      byteMatchStatement: { searchString, positionalConstraint: 'STARTS_WITH', fieldToMatch: { uriPath: {} }, textTransformations: [{ priority: 0, type: 'NONE' }] },
    })
    const acl = new wafv2.WebAcl(name, {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visibility(`${name}-all`),
      rules: [{
        name: 'requests-of-one-address',
        priority: 0,
        action: { block: {} },
        visibilityConfig: visibility(`${name}-too-many`),
        statement: {
          rateBasedStatement: {
            limit: requestsPerFiveMinutes, aggregateKeyType: 'IP', evaluationWindowSec: 300,
            scopeDownStatement: { orStatement: { statements: [starts('/rates'), starts('/locations')] } },
          },
        },
      }],
    }, { parent: this })
    new wafv2.WebAclAssociation(name, { resourceArn: balancerArn, webAclArn: acl.arn }, { parent: this })
    this.registerOutputs({})
  }
}
