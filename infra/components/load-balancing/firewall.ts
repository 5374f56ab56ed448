import * as wafv2 from '@pulumi/aws/wafv2/index.js'
import * as pulumi from '@pulumi/pulumi'
import { rateRule, visibility } from './rate-rule.ts'

export interface FirewallArgs {
  balancerArn: pulumi.Input<string>
  /** Addresses of the VPC: the source of the gateway's VPC link, the public balancer's health checks and the smoke checks. */
  vpcCidr: string
  requestsPerFiveMinutes: number
}

/** Blocks an address outside the VPC that sends too many requests, counted over all paths: the router decodes paths, the firewall does not. */
export class Firewall extends pulumi.ComponentResource {
  constructor (name: string, { balancerArn, vpcCidr, requestsPerFiveMinutes }: FirewallArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Firewall', name, {}, opts)
    const inside = new wafv2.IpSet(`${name}-inside`, { scope: 'REGIONAL', ipAddressVersion: 'IPV4', addresses: [vpcCidr] }, { parent: this })
    const acl = new wafv2.WebAcl(name, {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visibility(`${name}-all`),
      rules: [rateRule(name, { limit: requestsPerFiveMinutes, windowSeconds: 300, except: { ipSetReferenceStatement: { arn: inside.arn } } })],
    }, { parent: this })
    new wafv2.WebAclAssociation(name, { resourceArn: balancerArn, webAclArn: acl.arn }, { parent: this })
    this.registerOutputs({})
  }
}
