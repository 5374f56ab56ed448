import type * as ec2 from '@pulumi/aws/ec2/index.js'
import type * as rds from '@pulumi/aws/rds/index.js'
import type * as pulumi from '@pulumi/pulumi'
import type { Settings } from '../../config-schema.ts'

export interface DatabaseArgs {
  region: string
  account: string
  vpcId: pulumi.Input<string>
  /** Availability zones, over which replicas are spread. */
  zones: string[]
  /** Subnets with no way out, in two zones at least. */
  subnetIds: pulumi.Input<string>[]
  settings: Settings['database']
  /** `max_connections` of each host. */
  maxConnections: number
  /** How long its logs are kept, in days. */
  logDays: number
}

/** A host that takes connections. A token for IAM authentication is made for one host, and allowed for its resource. */
export interface Host {
  address: pulumi.Output<string>
  resourceId: pulumi.Output<string>
}

/** What an engine makes of it. */
export interface Hosts {
  primary: Host
  readers: Host[]
  /** Where CloudWatch has their metrics. */
  measured: {
    primary: Record<string, pulumi.Input<string>>
    replicas: Record<string, pulumi.Input<string>>[]
    /** RDS's names of metrics that are others here: '' for what there is not; a threshold is multiplied by `factor`. */
    otherNames: Record<string, { metric: string, factor: number }>
  }
  ready: pulumi.Resource[]
}

/** What every engine is given. */
export interface EngineArgs extends DatabaseArgs {
  name: string
  subnetGroup: rds.SubnetGroup
  group: ec2.SecurityGroup
  masterUser: string
  masterPassword: pulumi.Output<string>
  parent: pulumi.Resource
  dependsOn: pulumi.Resource[]
}
