import type { runtime } from '@pulumi/pulumi'
import { mockState } from '../../infra/mock-state.ts'
import { open } from '../../infra/program.ts'
import { runEntry, type Declared } from '../../infra/run-entry.ts'
import { configOf } from '../../infra/stack-files.ts'

/** The Terraform type of a Pulumi resource, and the properties that AWS decides. */
const kinds: Record<string, { terraform: string, outputs: Record<string, string> }> = {
  'aws:rds/instance:Instance': { terraform: 'aws_db_instance', outputs: { address: 'address', resourceId: 'resource_id' } },
  'aws:rds/cluster:Cluster': {
    terraform: 'aws_rds_cluster', outputs: { endpoint: 'endpoint', readerEndpoint: 'reader_endpoint', clusterResourceId: 'cluster_resource_id' },
  },
  'aws:rds/clusterInstance:ClusterInstance': { terraform: 'aws_rds_cluster_instance', outputs: {} },
  'aws:rds/subnetGroup:SubnetGroup': { terraform: 'aws_db_subnet_group', outputs: { name: 'name' } },
  'aws:rds/parameterGroup:ParameterGroup': { terraform: 'aws_db_parameter_group', outputs: { name: 'name' } },
  'aws:rds/clusterParameterGroup:ClusterParameterGroup': { terraform: 'aws_rds_cluster_parameter_group', outputs: { name: 'name' } },
  'aws:iam/role:Role': { terraform: 'aws_iam_role', outputs: { name: 'name', arn: 'arn' } },
  'aws:iam/rolePolicy:RolePolicy': { terraform: 'aws_iam_role_policy', outputs: {} },
}

/** A resource of the program, and its address and body in Terraform. */
export interface Item {
  urn: string
  type: string
  address: string
  inputs: Record<string, unknown>
  body: Record<string, unknown>
}

/** The network of the emulator, in place of the network that the program would make. */
export interface Places { subnetIds: string[], securityGroupId: string }

/** Resolves with the database of a stack, and the roles that log in to it. */
export async function databaseOf (stack: string, changes: Record<string, unknown>, { subnetIds, securityGroupId }: Places): Promise<Item[]> {
  const { all } = await runEntry({ file: 'index.ts', project: 'freight-rates', stack, settings: configOf(stack, changes) }, terraformState)
  const logsIn = all.filter(({ type, inputs }) => type === 'aws:iam/rolePolicy:RolePolicy' && String(open(inputs.policy)).includes('rds-db:connect'))
  const theirRoles = logsIn.map(({ name }) => name)
  const declared = all.filter(one => one.type in kinds && (!one.type.startsWith('aws:iam/') || theirRoles.includes(one.name)))
  const addresses = new Map(declared.map(one => [one.urn, addressOf(one)]))
  return declared.map(one => {
    const { type, name, urn, inputs, dependsOn, ignoreChanges } = one
    const given: Record<string, unknown> = { ...inputs, ...type === 'aws:rds/subnetGroup:SubnetGroup' ? { subnetIds } : {} }
    if (given.vpcSecurityGroupIds) given.vpcSecurityGroupIds = [securityGroupId]
    if (type === 'aws:iam/rolePolicy:RolePolicy') given.policy = loginsAlone(String(open(inputs.policy)))
    // moto does not list the parameters that were set.
    const ignored = [...ignoreChanges.map(snake), ...type.endsWith('ParameterGroup') ? ['parameter'] : []]
    return {
      urn, type, inputs: given, address: addressOf(one),
      body: {
        ...isNamed(type) ? { name } : {},
        ...body(given),
        depends_on: dependsOn.flatMap(urn => addresses.get(urn) ?? []),
        ...ignored.length > 0 ? { lifecycle: { ignore_changes: ignored } } : {},
      },
    }
  })
}

const addressOf = ({ type, name }: Pick<Declared, 'type' | 'name'>): string => `${kinds[type]!.terraform}.${name}`
const isNamed = (type: string): boolean => type.endsWith('Group') || type === 'aws:iam/role:Role'

/** Returns Terraform references for the properties that AWS decides. They pass through the program unchanged. */
function terraformState (args: runtime.MockResourceArgs): { id: string, state: Record<string, unknown> } {
  const plain = mockState(args)
  const kind = kinds[args.type]
  if (!kind) return plain
  const reference = (attribute: string): string => `\${${addressOf(args)}.${attribute}}`
  const decided = Object.fromEntries(Object.entries(kind.outputs).map(([property, attribute]) => [property, reference(attribute)]))
  return { id: reference('id'), state: { ...plain.state, ...decided, ...args.inputs } }
}

/** Other statements name resources that are not made here. */
function loginsAlone (policy: string): string {
  const document = JSON.parse(policy) as { Statement: Array<{ Action: string[] }> }
  return JSON.stringify({ ...document, Statement: document.Statement.filter(({ Action }) => Action.includes('rds-db:connect')) })
}

const snake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()

function body (inputs: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.startsWith('__')).map(([name, value]) => [
    name === 'parameters' ? 'parameter' : snake(name), valueOf(open(value)),
  ]))
}

function valueOf (value: unknown): unknown {
  if (Array.isArray(value)) return value.map(one => typeof one === 'object' ? body(one) : one)
  return typeof value === 'object' && value !== null ? [body(value as Record<string, unknown>)] : value // a block
}
