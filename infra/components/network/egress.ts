import * as ec2 from '@pulumi/aws/ec2/index.js'
import * as vpc from '@pulumi/aws/vpc/index.js'
import type * as pulumi from '@pulumi/pulumi'
import { allow, securityGroup } from './security-groups.ts'

export interface EgressArgs {
  name: string
  region: string
  vpcId: pulumi.Output<string>
  /** The group whose members reach AWS. */
  clients: ec2.SecurityGroup
  s3: ec2.VpcEndpoint
  publicSubnets: ec2.Subnet[]
  privateSubnets: ec2.Subnet[]
  privateTables: ec2.RouteTable[]
  parent: pulumi.Resource
}

/** Creates egress through `count` NAT gateways, which all zones share. Members of the group may send HTTPS to every address. */
export function natGateways (
  { name, clients, publicSubnets, privateTables, parent }: EgressArgs, count: number, routes: pulumi.Resource[]
): pulumi.Resource[] {
  const gateways = publicSubnets.slice(0, count).map((subnet, index) => {
    const address = new ec2.Eip(`${name}-nat-${index}`, { domain: 'vpc', tags: { Name: `${name}-nat-${index}` } }, { parent })
    return new ec2.NatGateway(`${name}-${index}`, {
      allocationId: address.id, subnetId: subnet.id, tags: { Name: `${name}-${index}` },
    }, { parent, dependsOn: routes })
  })
  const httpsEgress = new vpc.SecurityGroupEgressRule(`${name}-https-out`, {
    securityGroupId: clients.id, cidrIpv4: '0.0.0.0/0', ipProtocol: 'tcp', fromPort: 443, toPort: 443, description: 'AWS, through NAT',
  }, { parent })
  return [httpsEgress, ...privateTables.map((table, index) => new ec2.Route(`${name}-private-${index}`, {
    routeTableId: table.id, destinationCidrBlock: '0.0.0.0/0', natGatewayId: gateways[index % count]!.id,
  }, { parent }))]
}

/** AWS services that a task uses, including its start: image, secrets, logs, queue. */
const services = ['ecr.api', 'ecr.dkr', 'secretsmanager', 'logs', 'sqs']

/** Creates no egress: each service that the tasks use has an interface endpoint in the network. */
export function endpoints ({ name, region, vpcId, clients, s3, privateSubnets, parent }: EgressArgs): pulumi.Resource[] {
  const group = securityGroup(`${name}-endpoints`, 'addresses of AWS services in the network', vpcId, parent)
  const toS3 = new vpc.SecurityGroupEgressRule(`${name}-s3-out`, {
    securityGroupId: clients.id, prefixListId: s3.prefixListId, ipProtocol: 'tcp', fromPort: 443, toPort: 443, description: 'S3, through its gateway',
  }, { parent })
  const addresses = services.map(service => new ec2.VpcEndpoint(`${name}-${service.replace('.', '-')}`, {
    vpcId,
    serviceName: `com.amazonaws.${region}.${service}`,
    vpcEndpointType: 'Interface',
    privateDnsEnabled: true,
    subnetIds: privateSubnets.map(subnet => subnet.id),
    securityGroupIds: [group.id],
    tags: { Name: `${name}-${service}` },
  }, { parent }))
  return [toS3, ...allow(`${name}-endpoints`, clients, group, 443, parent), ...addresses]
}
