import type { Test } from 'tap'
import { type Program, runBootstrap, runProgram } from '../program.ts'

const { named } = await runBootstrap('dev')
const [most, passing, state, ...others] = JSON.parse(named('freight-service-boundary', 'aws:iam/policy:Policy').inputs.policy).Statement
/** Actions that roles are granted, in all tested programs. */
const granted = new Set<string>()

/** Checks that no role is granted what the boundary would remove: a person first allows a new grant in the boundary. */
export function bounded (t: Test, { of }: Program): void {
  for (const { name, inputs } of of('aws:iam/rolePolicy:RolePolicy')) {
    const actions: string[] = JSON.parse(inputs.policy).Statement.flatMap(({ Action }: { Action: string[] }) => Action)
    t.same(actions.filter(action => ![...most.Action, ...passing.Action].includes(action)), [], `${name} is within the boundary`)
    for (const action of actions) granted.add(action)
  }
}

/** Runs after the programs: checks what the boundary allows, and that every role has it. */
export async function boundary (t: Test): Promise<void> {
  t.match(most, { Effect: 'Allow', Resource: ['*'] })
  t.same([...most.Action, ...passing.Action].sort(), [...granted].sort(), 'the granted actions and no more')
  t.same(passing, {
    Effect: 'Allow', Action: ['iam:PassRole'], Resource: ['arn:aws:iam::111111111111:role/*-migrate-*'],
    Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
  }, 'of IAM: the migrator\'s roles, to ECS')
  t.match(state, { Effect: 'Deny', Action: ['s3:*'] })
  t.ok(state.Resource.length === 2 && state.Resource.every((arn: string) => /freight-pulumi(\/\*)?$/.test(arn)), 'nothing of the state')
  t.same(others, [])

  const permissionsBoundary = 'arn:aws:iam::111111111111:policy/freight-service-boundary'
  for (const [changes, expected] of [[{ permissionsBoundary, network: { flowLogs: true, zones: ['a', 'b'] } }, permissionsBoundary], [{}, undefined]] as const) {
    const roles = (await runProgram('dev', changes)).of('aws:iam/role:Role')
    t.ok(roles.length > 10)
    t.same(roles.filter(({ inputs }) => inputs.permissionsBoundary !== expected).map(({ name }) => name), [], `each role has ${expected}`)
  }
}
