import t from 'tap'
import { rules, type DeclaredResource } from '../../../infra/policy/rules.ts'
import { broken } from '../suites/policy.ts'
import { type Analyzed, policyRunner, type Runner, urnOf } from '../policy-runner.ts'
import { runPreview } from '../program.ts'
import { configOf } from '../stack-files.ts'

/** Placeholder for a value that the update has yet to make (@pulumi/pulumi, runtime/rpc). */
const unknown = '04da6b54-80e4-46f7-96ec-b56ff0331ba9'
const image = `333333333333.dkr.ecr.eu-west-1.amazonaws.com/freight@sha256:${'b'.repeat(64)}`

/** Inputs whose presence satisfies a rule: a preview often has them without a value. */
const enough: Record<string, DeclaredResource['inputs']> = {
  'queues-are-encrypted': { kmsMasterKeyId: unknown },
  'databases-are-encrypted': { replicateSourceDb: unknown },
  'data-is-protected': { replicateSourceDb: unknown },
  'ingress-is-by-group': { referencedSecurityGroupId: unknown, fromPort: 5432, toPort: 5432 },
  'rate-limits-ignore-paths': { rules: [{ statement: { rateBasedStatement: { scopeDownStatement: { ipSetReferenceStatement: { arn: unknown } } } } }] },
}

const tiers = ['development', 'staging', 'production', undefined]
const runners = new Map<string | undefined, Runner>(await Promise.all(tiers.map(async tier => [tier, await policyRunner(t, tier)] as const)))
const runnerOf = (tier: string | undefined): Runner => runners.get(tier)!
const runner = runnerOf('development')

const check = async (tier: string | undefined, resource: Analyzed) =>
  [...await runnerOf(tier).analyze(resource), ...await runnerOf(tier).analyzeStack([resource])]

t.test('the runner of the Pulumi CLI loads the pack', async t => {
  const { name, policies } = await runner.info()
  t.equal(name, 'freight-rates')
  t.same(policies.map(({ name }) => name).sort(), rules.map(({ name }) => name).sort())
  t.same(policies.filter(({ level }) => level !== 'mandatory'), [])
  const ofStack = policies.filter(one => one.ofStack).map(({ name }) => name)
  t.same(ofStack.sort(), rules.filter(({ readsLate }) => readsLate).map(({ name }) => name).sort())
})

t.test('the first preview of a stack: no rule reads an unknown value', async t => {
  const aurora = { database: { engine: 'aurora', instanceClass: 'db.serverless', maxAcu: 8, replicas: 1, deletionProtection: false } }
  for (const [stack, changes] of [['dev', {}], ['staging', {}], ['prod', { image }], ['dev', aurora]] as const) {
    const { all } = await runPreview(stack, changes)
    const runner = runnerOf(String(configOf(stack)['freight-rates:tier']))
    const resources = all.filter(({ custom }) => custom).map(({ type, name, inputs, protect }) => ({ type, name, stack, inputs, protect }))
    const isLate = ({ type, inputs }: Analyzed): boolean => type === 'aws:ecs/taskDefinition:TaskDefinition' && inputs.containerDefinitions === unknown
    t.ok(resources.some(isLate), `${stack}: it has unknown values`)
    t.ok(resources.some(({ inputs }) => inputs.referencedSecurityGroupId === unknown))
    for (const resource of resources) t.same(await runner.analyze(resource), [], `${stack} ${resource.name}`)
    t.same(await runner.analyzeStack(resources), [], stack)
  }
})

t.test('a violation is refused, whatever else is still unknown', async t => {
  for (const { name: policy, types: [type = ''] } of rules) {
    for (const resource of broken[policy] ?? []) {
      const { tier, ...changes } = { tier: 'development', ...resource }
      const unknownResource = { type, name: 'x', stack: 'dev', protect: false, ...changes, inputs: { ...resource.inputs, other: unknown, arn: unknown } }
      const found = (await check(tier, unknownResource)).filter(one => one.policy === policy)
      t.match(found, [{ level: 'mandatory' }], `${policy}: ${JSON.stringify(resource)}`)
      t.equal(found.length, 1)
    }
    const inputs = enough[policy]
    if (inputs) t.same((await check('production', { type, name: 'x', stack: 'prod', protect: false, inputs })).filter(one => one.policy === policy), [], policy)
  }
})

t.test('an unknown task hides no other', async t => {
  const task = { type: 'aws:ecs/taskDefinition:TaskDefinition', stack: 'dev', protect: false }
  const unknownTask = { ...task, name: 'first', inputs: { containerDefinitions: unknown } }
  const tagged = { ...task, name: 'second', inputs: { containerDefinitions: JSON.stringify([{ image: 'x:latest', readonlyRootFilesystem: true }]) } }
  t.same(await runner.analyze(tagged), [], 'an update does not stop before the rule')
  t.match(await runner.analyzeStack([unknownTask, tagged]), [{ policy: 'images-are-pinned', level: 'mandatory', urn: urnOf(tagged) }])
})

t.test('a stack must satisfy the rules of its tier, whatever its name is', async t => {
  const gateway = { type: 'aws:apigatewayv2/api:Api', name: 'x', protect: false, inputs: {} }
  const secret = { type: 'aws:secretsmanager/secret:Secret', name: 'x', protect: false, inputs: {} }
  for (const stack of ['prod', 'dev', 'europe']) {
    for (const resource of [gateway, secret]) {
      const found = async (tier: string | undefined) => (await check(tier, { ...resource, stack })).map(({ level }) => level)
      for (const tier of ['production', 'staging', undefined]) t.same(await found(tier), ['mandatory'], `${stack} ${tier} ${resource.type}`)
      t.same(await found('development'), [], `${stack} development ${resource.type}`)
    }
  }
  const later = { ...gateway, stack: 'europe', inputs: { disableExecuteApiEndpoint: unknown } }
  t.notOk((await check('production', later)).some(({ level }) => level === 'mandatory'), 'an unknown value fails no preview')
})
