import type * as ec2 from '@pulumi/aws/ec2/index.js'
import type * as rds from '@pulumi/aws/rds/index.js'
import type * as pulumi from '@pulumi/pulumi'
import type { Settings } from '../../config-schema.ts'

export interface DatabaseArgs {
  region: string
  account: string
  vpcId: pulumi.Input<string>
  /** Availability zones, across which the replicas are spread. */
  zones: string[]
  /** Subnets without egress, in at least two zones. */
  subnetIds: pulumi.Input<string>[]
  settings: Settings['database']
  /** `max_connections` of each host. */
  maxConnections: number
  /** Retention of the logs, in days. */
  logDays: number
}

/** A host that accepts connections. A token for IAM authentication is valid for one host, and allowed by its resource id. */
export interface Host {
  address: pulumi.Output<string>
  resourceId: pulumi.Output<string>
}

/** The hosts that an engine creates. */
export interface Hosts {
  primary: Host
  readers: Host[]
  /** Dimensions of their metrics in CloudWatch. */
  measured: {
    primary: Record<string, pulumi.Input<string>>
    replicas: Record<string, pulumi.Input<string>>[]
    /** Metrics that have another name than in RDS; '' if the engine has no such metric. A threshold is multiplied by `factor`. */
    otherNames: Record<string, { metric: string, factor: number }>
  }
  ready: pulumi.Resource[]
}

/** Arguments of every engine. */
export interface EngineArgs extends DatabaseArgs {
  name: string
  subnetGroup: rds.SubnetGroup
  group: ec2.SecurityGroup
  masterUser: string
  masterPassword: pulumi.Output<string>
  parent: pulumi.Resource
  dependsOn: pulumi.Resource[]
}
