import * as ec2 from '@pulumi/aws/ec2/index.js'
import * as pulumi from '@pulumi/pulumi'
import { endpoints, natGateways } from './egress.ts'
import { flowLogs } from './flow-logs.ts'
import { securityGroup } from './security-groups.ts'

export interface NetworkArgs {
  region: string
  /** A /16; each zone gets a /20 for each kind of subnet. */
  cidr: string
  /** Letters of the availability zones, two or three. */
  zones: string[]
  egress: 'nat' | 'nat-per-zone' | 'endpoints'
  /** Retention of the flow logs, in days; undefined for no flow logs. */
  flowLogDays?: number | undefined
  permissionsBoundary: string | undefined
}

/** Start of each kind within the /16, as the third byte of the address. */
const kinds = { public: 0, private: 64, isolated: 128 }

/**
 * The VPC. Public subnets have the public balancer and NAT, private subnets the tasks, and isolated subnets, without egress, the database.
 * S3 is reached through a gateway endpoint, which costs nothing.
 */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>
  readonly publicSubnetIds: pulumi.Output<string>[]
  readonly privateSubnetIds: pulumi.Output<string>[]
  readonly isolatedSubnetIds: pulumi.Output<string>[]
  /** Members reach AWS: S3 through the gateway endpoint, other services by the network's egress. */
  readonly awsClients: ec2.SecurityGroup
  /** Resources that a task needs before it can start in this network. */
  readonly ready: pulumi.Resource[]

  constructor (name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Network', name, {}, opts)
    const parent = this
    const main = new ec2.Vpc(name, { cidrBlock: args.cidr, enableDnsHostnames: true, enableDnsSupport: true, tags: { Name: name } }, { parent })
    const vpcId = main.id
    // The default group of a VPC permits traffic between its members. Here it permits nothing.
    const defaultGroup = new ec2.DefaultSecurityGroup(`${name}-default`, { vpcId }, { parent })

    const subnets = (kind: keyof typeof kinds): ec2.Subnet[] => args.zones.map((letter, index) => new ec2.Subnet(`${name}-${kind}-${letter}`, {
      vpcId,
      availabilityZone: `${args.region}${letter}`,
      cidrBlock: args.cidr.replace(/\.0\.0\/16$/, `.${kinds[kind] + index * 16}.0/20`),
      tags: { Name: `${name}-${kind}-${letter}` },
    }, { parent }))
    const [open, inner, isolated] = [subnets('public'), subnets('private'), subnets('isolated')]

    const gateway = new ec2.InternetGateway(name, { vpcId, tags: { Name: name } }, { parent })
    const outward = new ec2.RouteTable(`${name}-public`, { vpcId, tags: { Name: `${name}-public` } }, { parent })
    const outwardRoute = new ec2.Route(`${name}-public`, { routeTableId: outward.id, destinationCidrBlock: '0.0.0.0/0', gatewayId: gateway.id }, { parent })
    const openRoutes = associate(open, () => outward)

    const innerTables = args.zones.map(letter =>
      new ec2.RouteTable(`${name}-private-${letter}`, { vpcId, tags: { Name: `${name}-private-${letter}` } }, { parent }))
    const innerRoutes = associate(inner, index => innerTables[index]!)
    const isolatedTable = new ec2.RouteTable(`${name}-isolated`, { vpcId, tags: { Name: `${name}-isolated` } }, { parent })
    const isolatedRoutes = associate(isolated, () => isolatedTable)

    const s3 = new ec2.VpcEndpoint(`${name}-s3`, {
      vpcId, serviceName: `com.amazonaws.${args.region}.s3`, vpcEndpointType: 'Gateway', routeTableIds: innerTables.map(table => table.id),
      tags: { Name: `${name}-s3` },
    }, { parent })
    const awsClients = securityGroup(`${name}-aws-clients`, 'reaches AWS', vpcId, parent)
    const egress = {
      name, region: args.region, vpcId, clients: awsClients, s3, publicSubnets: open, privateSubnets: inner, privateTables: innerTables, parent,
    }
    const egressResources = args.egress === 'endpoints'
      ? endpoints(egress)
      : natGateways(egress, args.egress === 'nat' ? 1 : args.zones.length, [outwardRoute, ...openRoutes])
    if (args.flowLogDays !== undefined) flowLogs(name, { ...args, vpcId, retentionInDays: args.flowLogDays }, parent)

    this.vpcId = vpcId
    this.publicSubnetIds = open.map(subnet => subnet.id)
    this.privateSubnetIds = inner.map(subnet => subnet.id)
    this.isolatedSubnetIds = isolated.map(subnet => subnet.id)
    this.awsClients = awsClients
    this.ready = [defaultGroup, outwardRoute, ...openRoutes, ...innerRoutes, ...isolatedRoutes, s3, ...egressResources]
    this.registerOutputs({ vpcId })

    function associate (subnets: ec2.Subnet[], table: (index: number) => ec2.RouteTable): ec2.RouteTableAssociation[] {
      return subnets.map((subnet, index) => new ec2.RouteTableAssociation(
        `${name}-${subnetKind(subnets)}-${args.zones[index]}`, { subnetId: subnet.id, routeTableId: table(index).id }, { parent }))
    }
    function subnetKind (subnets: ec2.Subnet[]): string {
      return subnets === open ? 'public' : subnets === inner ? 'private' : 'isolated'
    }
  }
}
