import type * as ec2 from '@pulumi/aws/ec2/index.js'
import * as rds from '@pulumi/aws/rds/index.js'
import * as pulumi from '@pulumi/pulumi'
import { aurora } from './aurora.ts'
import { engineLock } from './engine-lock.ts'
import { instances } from './instances.ts'
import type { Statement } from '../../iam/roles.ts'
import { randomValue, secret } from '../storage/secrets.ts'
import { allow, securityGroup } from '../network/security-groups.ts'
import type { DatabaseArgs, Host, Hosts } from './database-engine.ts'

const database = 'freight'
const port = 5432
const masterUser = 'freight_master'

/**
 * PostgreSQL: RDS with a standby and replicas, or Aurora. TLS is required. Services, migrator and operators log in by IAM, each with its own
 * role. The master user only creates those roles. Its password is in a secret that only the migrator's task reads.
 */
export class Database extends pulumi.ComponentResource {
  readonly hosts: Hosts
  /** Secret with the URL by which the master user creates roles and database. */
  readonly masterUrlSecretArn: pulumi.Output<string>
  readonly ready: pulumi.Resource[]
  readonly #group: ec2.SecurityGroup
  readonly #args: DatabaseArgs

  constructor (name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Database', name, {}, opts)
    const parent = this
    const { settings } = args
    const lock = engineLock(name, settings.engine, parent)
    const group = securityGroup(`${name}-database`, 'PostgreSQL', args.vpcId, parent)
    const subnetGroup = new rds.SubnetGroup(name, { subnetIds: args.subnetIds }, { parent })
    const password = secret(`${name}-database-master`, {
      description: 'password of the database\'s master user', value: randomValue(), ignoreValueChanges: true, version: settings.masterPasswordVersion,
      protect: settings.deletionProtection,
    }, parent)
    const createHosts = settings.engine === 'aurora' ? aurora : instances
    this.hosts = createHosts({ ...args, name, subnetGroup, group, masterUser, masterPassword: password.value, parent, dependsOn: [lock] })
    const url = secret(`${name}-database-master-url`, {
      description: 'URL by which the migrator makes roles', ignoreValueChanges: false, protect: settings.deletionProtection,
      value: pulumi.interpolate`postgres://${masterUser}:${password.value}@${this.hosts.primary.address}:${port}/postgres`,
    }, parent)

    this.masterUrlSecretArn = url.arn
    this.ready = [...this.hosts.ready, ...url.ready]
    this.#group = group
    this.#args = args
    this.registerOutputs({ primary: this.hosts.primary.address })
  }

  /** Returns the variables by which a process connects as `role`; with `reads`, also those for the replicas, if there are any. */
  environment (role: string, { reads = false } = {}): Record<string, pulumi.Input<string>> {
    const urlOf = ({ address }: Host) => pulumi.interpolate`postgres://${role}@${address}:${port}/${database}`
    const { primary, readers } = this.hosts
    return {
      DATABASE_AUTH: 'iam',
      DATABASE_URL: urlOf(primary),
      ...(reads && readers.length > 0 ? { DATABASE_READ_URLS: pulumi.all(readers.map(urlOf)).apply(urls => urls.join(',')) } : {}),
    }
  }

  /** Permits the login as `role` on the primary and, with `reads`, on the replicas. */
  connect (role: string, { reads = false } = {}): Statement[] {
    const hosts = [this.hosts.primary, ...(reads ? this.hosts.readers : [])]
    return [{
      actions: ['rds-db:connect'],
      resources: hosts.map(({ resourceId }) => pulumi.interpolate`arn:aws:rds-db:${this.#args.region}:${this.#args.account}:dbuser:${resourceId}/${role}`),
    }]
  }

  /** Lets members of `clients` reach the database. */
  allowFrom (name: string, clients: ec2.SecurityGroup, parent: pulumi.Resource): pulumi.Resource[] {
    return allow(`${name}-database`, clients, this.#group, port, parent)
  }
}
