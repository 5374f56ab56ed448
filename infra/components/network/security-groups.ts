import * as ec2 from '@pulumi/aws/ec2/index.js'
import * as vpc from '@pulumi/aws/vpc/index.js'
import * as pulumi from '@pulumi/pulumi'

/** Creates a security group that permits nothing. `allow` and `allowFrom` permit single ports, each by a separate resource. */
export function securityGroup (name: string, description: string, vpcId: pulumi.Input<string>, parent: pulumi.Resource): ec2.SecurityGroup {
  return new ec2.SecurityGroup(name, { description, vpcId, tags: { Name: name } }, { parent })
}

/** Lets members of `from` reach one TCP port of members of `to`. The rules name groups and no addresses. */
export function allow (name: string, from: ec2.SecurityGroup, to: ec2.SecurityGroup, port: number, parent: pulumi.Resource): pulumi.Resource[] {
  const rule = { ipProtocol: 'tcp', fromPort: port, toPort: port, tags: { Name: name } }
  return [
    new vpc.SecurityGroupEgressRule(`${name}-out`, { ...rule, securityGroupId: from.id, referencedSecurityGroupId: to.id }, { parent }),
    new vpc.SecurityGroupIngressRule(`${name}-in`, { ...rule, securityGroupId: to.id, referencedSecurityGroupId: from.id }, { parent }),
  ]
}

/** Lets addresses reach one TCP port. For the public balancer only. */
export function allowFrom (name: string, cidrs: string[], to: ec2.SecurityGroup, port: number, parent: pulumi.Resource): pulumi.Resource[] {
  return cidrs.map((cidrIpv4, index) => new vpc.SecurityGroupIngressRule(`${name}-${index}`, {
    securityGroupId: to.id, cidrIpv4, ipProtocol: 'tcp', fromPort: port, toPort: port, description: name,
  }, { parent }))
}
