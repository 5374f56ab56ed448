import type { Test } from 'tap'
import { isAllowed, type PolicyStatement, type Request } from '../iam.ts'
import { type Program, runBootstrap } from '../program.ts'
import { functionActions, otherActions, resourceActions, type Actions } from '../resource-actions.ts'

/** What the workflows' roles may do in the account of a stack. */
interface Roles { preview: PolicyStatement[], deploy: PolicyStatement[], boundary: PolicyStatement[], serviceBoundaryArn: string }

const rolesOf = new Map<string, Promise<Roles>>()
const seen = new Set<string>()

/**
 * Checks that the role that deploys may do everything that the stack's resources need in their life, and that the role that previews may read them.
 */
export async function ciActions (t: Test, { stack, all, called }: Program): Promise<void> {
  if (!rolesOf.has(stack)) rolesOf.set(stack, readRoles(stack))
  const roles = await rolesOf.get(stack)!
  const types = new Set(all.filter(({ custom, type }) => custom && !type.startsWith('pulumi:')).map(({ type }) => type))
  for (const type of types) seen.add(type)
  t.same([...types].filter(type => !(type in resourceActions)), [], 'each type of resource has its actions')
  t.same(called.filter(token => !(token in functionActions)), [], 'each function has its actions')
  const needed = [
    ...[...types].map(type => [type, resourceActions[type]] as const),
    ...called.map(token => [token, functionActions[token]] as const),
    ...Object.entries(otherActions),
  ]
  const missing = needed.flatMap(([name, actions]) => actions ? missingOf(name, actions, stack, roles) : [])
  t.same(missing, [], 'no role lacks an action')
}

/** Runs after the programs: an entry that no program needs would not be maintained. */
export function mapped (t: Test): void {
  t.same(Object.keys(resourceActions).filter(type => !seen.has(type)), [])
  t.end()
}

function missingOf (name: string, { read, change }: Actions, stack: string, roles: Roles): string[] {
  const lacks = (role: 'preview' | 'deploy', actions: string[]): string[] => actions
    .filter(action => !isAllowed([roles[role], roles.boundary], requestFor(action, stack, roles)))
    .map(action => `${role}: ${action}, of ${name}`)
  return [...lacks('preview', read), ...lacks('deploy', [...read, ...change])]
}

/** Returns the request on a resource of the stack, as IAM receives it. */
function requestFor (text: string, stack: string, { serviceBoundaryArn }: Roles): Request {
  const [action, passedTo] = text.split(' ') as [string, string?]
  const [service] = action.split(':') as [string]
  const account = '111111111111'
  if (action === 'iam:CreateServiceLinkedRole') return { action, resource: `arn:aws:iam::${account}:role/aws-service-role/${passedTo}/AWSServiceRole` }
  if (service === 'iam') {
    const context = { 'iam:PermissionsBoundary': serviceBoundaryArn, ...(passedTo ? { 'iam:PassedToService': passedTo } : {}) }
    return { action, resource: `arn:aws:iam::${account}:role/${stack}-some-1a2b3c4`, context }
  }
  if (action === 'ecr:PutImage') return { action, resource: `arn:aws:ecr:eu-west-1:${account}:repository/freight` }
  const names: Record<string, string> = { s3: `arn:aws:s3:::${stack}-code-1a2b3c4/smoke-check.zip`, secretsmanager: `arn:aws:secretsmanager:eu-west-1:${account}:secret:${stack}-some` }
  return { action, resource: names[service] ?? `arn:aws:${service}:eu-west-1:${account}:${stack}-some` }
}

async function readRoles (stack: string): Promise<Roles> {
  const { named, outputs } = await runBootstrap(stack)
  const statementsOf = (name: string): PolicyStatement[] => JSON.parse(named(`freight-ci-${name}`, 'aws:iam/policy:Policy').inputs.policy).Statement
  return { preview: statementsOf('preview'), deploy: statementsOf('deploy'), boundary: statementsOf('boundary'), serviceBoundaryArn: outputs.permissionsBoundary }
}
