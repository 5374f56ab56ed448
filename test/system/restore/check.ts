import { aws } from './aws.ts'
import type { Terraform } from './terraform.ts'

/** Resolves with the resource ids that roles may log in to, by the name of the role. */
export async function loginsOf (terraform: Terraform): Promise<Record<string, string[]>> {
  const { resources } = await terraform.pull()
  const roles: string[] = resources.filter(({ type }: any) => type === 'aws_iam_role').map(({ instances: [one] }: any) => one.attributes.name)
  const ids: string[][] = await Promise.all(roles.map(async role => {
    const { PolicyNames: [name] } = await aws('iam', 'list-role-policies', '--role-name', role)
    const { PolicyDocument: { Statement } } = await aws('iam', 'get-role-policy', '--role-name', role, '--policy-name', name)
    const connect = Statement.filter(({ Action }: any) => [Action].flat().includes('rds-db:connect'))
    return connect.flatMap(({ Resource }: any) => [Resource].flat()).map((arn: string) => arn.split(':')[6]!.split('/')[0]!).sort()
  }))
  return Object.fromEntries(roles.map((role, index) => [role, [...new Set(ids[index])]]))
}

export interface Afterwards {
  terraform: Terraform
  engine: string
  /** The program's name for the primary or the cluster. */
  name: string
  before: Record<string, string[]>
}

/** Prints the state after the restore. The exit code is 1 if a part is not as it should be. */
export async function checkAfterwards ({ terraform, engine, name, before }: Afterwards): Promise<void> {
  const reportCheck = (holds: boolean, what: string): void => {
    console.log(`${holds ? 'yes' : 'NO '}  ${what}`)
    if (!holds) process.exitCode = 1
  }
  console.log('\nAfterwards')
  const { DBInstances: instances } = await aws('rds', 'describe-db-instances')
  const { DBClusters: clusters } = await aws('rds', 'describe-db-clusters')
  const isAside = (one: string): boolean => one.startsWith(`${name}-aside-`)
  const identifiers: string[] = instances.map((one: any) => one.DBInstanceIdentifier).sort()
  const current = engine === 'aurora'
    ? clusters.find((one: any) => one.DBClusterIdentifier === name)
    : instances.find((one: any) => one.DBInstanceIdentifier === name)
  const aside = engine === 'aurora' ? clusters.find((one: any) => isAside(one.DBClusterIdentifier)) : instances.find((one: any) => isAside(one.DBInstanceIdentifier))
  const idOf = (one: any): string => one?.DbClusterResourceId ?? one?.DbiResourceId
  reportCheck(idOf(current) !== undefined && idOf(current) !== idOf(aside), `${name} is the new one, ${idOf(current)}; the old one, ${idOf(aside)}, is ${aside?.DBClusterIdentifier ?? aside?.DBInstanceIdentifier}`)
  const replicas = instances.filter((one: any) => one.ReadReplicaSourceDBInstanceIdentifier)
  if (engine === 'postgres') {
    reportCheck(replicas.length === 1 && replicas[0].ReadReplicaSourceDBInstanceIdentifier === name, `the replica ${replicas[0]?.DBInstanceIdentifier} reads from it`)
  } else {
    const members = (one: any): string[] => one.DBClusterMembers.map((member: any) => member.DBInstanceIdentifier).sort()
    reportCheck(members(current).join() === `${name}-1,${name}-2`, `its members are ${members(current).join(' and ')}`)
    reportCheck(members(aside).every(isAside), `the members of the old one are ${members(aside).join(' and ')}`)
  }
  const after = await loginsOf(terraform)
  for (const [role, ids] of Object.entries(after)) {
    const allowed = role.includes('-rates') && engine === 'postgres' ? [idOf(current), ...replicas.map(idOf)] : [idOf(current)]
    const isRight = ids.join() === allowed.sort().join() && !ids.some(id => before[role]!.includes(id))
    reportCheck(isRight, `${role} logs in to ${ids.join(' and ')}, not to ${before[role]!.join(' or ')}`)
  }
  const changes = await terraform.plan()
  reportCheck(changes.length === 0, `a second \`up\` would change nothing${changes.map(({ address, actions, what }) => `\n     ${actions.join('+')} ${address} ${what.join(', ')}`).join('')}`)
  reportCheck(!identifiers.some(one => one.includes('-restored')), `instances: ${identifiers.join(', ')}`)
}
