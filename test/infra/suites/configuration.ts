import type { Test } from 'tap'
import { checkConfig, RefusedConfig } from '../../../infra/check-config.ts'
import { Schema } from '../../../infra/config-schema.ts'
import { connectionsNeeded, maxConnections } from '../../../infra/connections.ts'
import { runProgram } from '../program.ts'
import { configOf, ownSettings, readYaml, settingsOf } from '../stack-files.ts'

/** Returns why a stack with these changes is refused, or an empty text. */
function refusal (stack: string, changes: Record<string, any>, { name = stack, region = 'eu-west-1' } = {}): string {
  const given = ownSettings(configOf(stack))
  for (const [key, value] of Object.entries(changes)) {
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value)
    given[key] = nested ? { ...given[key], ...value } : value
    if (value === null) delete given[key]
  }
  try {
    checkConfig(given, name, region)
    return ''
  } catch (error) {
    if (!(error instanceof RefusedConfig)) throw error
    return error.problems.join('\n')
  }
}

/** Refused settings, and the key that the message must name. */
const refused: Array<[stack: 'dev' | 'prod' | 'staging', changes: Record<string, any>, key: RegExp]> = [
  ['dev', { databse: {} }, /^databse is not known/],
  ['dev', { database: { replica: 1 } }, /database\.replica is not known/],
  ['dev', { tier: null }, /^tier is missing/],
  ['dev', { account: '12' }, /^account /],
  ['dev', { worker: { concurrency: 'two' } }, /worker\.concurrency/],
  ['dev', { network: { egress: 'vpn' } }, /network\.egress/],
  ['dev', { allowedCidrs: null }, /^allowedCidrs is missing/],
  ['dev', { domain: { name: 'rates.example.com' } }, /domain needs either zoneId/],
  ['dev', { domain: { name: 'rates.example.com', certificateArn: 'arn:aws:acm:us-east-1:1:certificate/x' } }, /domain\.certificateArn must be in eu-west-1/],
  ['dev', { gateway: { entry: 'edge', requestsPerSecond: 2_000 } }, /^gateway\.entry edge needs a domain/],
  ['staging', { gateway: { requestsPerSecond: 100 } }, /gateway\.requestsPerSecond is below 2000/],
  ['staging', { domain: { zoneId: undefined, certificateArn: 'arn:aws:acm:eu-west-1:1:certificate/x' } }, /gateway\.entry edge needs domain\.edgeCertificateArn/],
  ['staging', { domain: { zoneId: undefined, certificateArn: 'arn:aws:acm:eu-west-1:1:certificate/x', edgeCertificateArn: 'arn:aws:acm:eu-west-1:1:certificate/x' } },
    /domain\.edgeCertificateArn must be in us-east-1/],
  ['staging', { domain: { edgeCertificateArn: 'arn:aws:acm:us-east-1:1:certificate/x' } }, /domain\.edgeCertificateArn requires domain\.certificateArn/],
  ['prod', { gateway: { entry: 'direct' } }, /gateway\.entry is direct/],
  ['dev', { image: `999999999999.dkr.ecr.eu-west-1.amazonaws.com/freight@sha256:${'a'.repeat(64)}` }, /image must be in the registry/],
  ['dev', { image: '111111111111.dkr.ecr.eu-west-1.amazonaws.com/freight:latest' }, /^image /],
  ['dev', { permissionsBoundary: 'arn:aws:iam::999999999999:policy/freight-service-boundary' }, /permissionsBoundary must be a policy of account 1/],
  ['dev', { permissionsBoundary: 'freight-service-boundary' }, /^permissionsBoundary /],
  ['dev', { database: { instanceClass: 'db.serverless' } }, /database\.instanceClass db\.serverless needs/],
  ['dev', { database: { engine: 'aurora' } }, /database\.instanceClass is too small for Aurora/],
  ['dev', { database: { engineVersion: '14' } }, /database\.engineVersion/],
  ['dev', { database: { engineVersion: '16.9' } }, /database\.engineVersion/],
  ['dev', { database: { storageGb: 100, maxStorageGb: 50 } }, /database\.storageGb/],
  ['dev', { rates: { cpu: 256, memory: 4096 } }, /rates\.memory 4096 does not fit rates\.cpu 256/],
  ['dev', { rates: { minTasks: 5, maxTasks: 4 } }, /rates\.minTasks/],
  ['dev', { worker: { secondsPerBatch: 300 } }, /worker\.secondsPerBatch/],
  ['dev', { rates: { maxTasks: 50 } }, /database\.instanceClass db\.t4g\.small accepts \d+ connections/],
  ['dev', { payloads: { keepDays: 14 } }, /payloads\.keepDays/],
  ['dev', { prices: { monthsAhead: 3 } }, /prices\.monthsAhead/],
  ['dev', { prices: { firstMonth: '2015-13-01' } }, /prices\.firstMonth/],
  ['dev', { prices: { firstMonth: '2099-01-01' } }, /prices\.firstMonth 2099-01-01 is after the current month/],
  ['staging', { domain: null, allowedCidrs: ['0.0.0.0/0'] }, /domain is missing: no TLS/],
  ['staging', { alarms: null }, /alarms\.email/],
  ['staging', { expires: '2026-12-24' }, /expires/],
  ['prod', { database: { deletionProtection: false } }, /database\.deletionProtection/],
  ['prod', { database: { multiAz: false } }, /database\.multiAz/],
  ['prod', { database: { backupDays: 1 } }, /database\.backupDays/],
  ['prod', { database: { instanceClass: 'db.t4g.2xlarge' } }, /database\.instanceClass is burstable/],
  ['prod', { database: { engine: 'aurora', replicas: 0 } }, /database\.replicas/],
  ['prod', { network: { zones: ['a', 'b'] } }, /network\.zones/],
  ['prod', { network: { egress: 'nat' } }, /network\.egress/],
  ['prod', { worker: { minTasks: 1 } }, /worker\.minTasks/],
]

export async function configuration (t: Test): Promise<void> {
  for (const stack of ['dev', 'staging', 'prod']) {
    t.equal(refusal(stack, {}), '', `${stack} is accepted`)
    const { config } = readYaml(`Pulumi.${stack}.yaml`)
    t.doesNotThrow(() => checkConfig(ownSettings(config), stack, config['aws:region']), `${stack}, as in its file`)
  }
  for (const [stack, changes, key] of refused) t.match(refusal(stack, changes), key, `${stack} with ${JSON.stringify(changes)}`)
  t.match(refusal('dev', {}, { name: 'local' }), /"local"/, 'the environment that takes development keys')
  t.match(refusal('dev', {}, { name: 'a-name-that-is-long' }), /at most 12/)
  t.match(refusal('dev', { tier: null, oops: 1 }), /tier is missing[^]*oops is not known|oops is not known[^]*tier is missing/, 'all problems at once')
  t.equal(refusal('dev', { database: { engine: 'aurora', instanceClass: 'db.serverless' } }), '')

  await t.test('keys of other namespaces are refused, too', async t => {
    const error = await runProgram('dev', {}, { 'aws:defaultTags': '{}' }).catch(error => error)
    t.ok(error.isRunError, 'Pulumi shows it without a stack trace')
    t.match(error.message, /^ {2}aws:defaultTags is not known/m)
  })
  await t.test('Pulumi.yaml declares exactly the keys of the code', async t => {
    const { config, runtime, main } = readYaml('Pulumi.yaml')
    const properties = Object.entries<any>(Schema.properties).filter(([key]) => Schema.required.includes(key as 'account'))
    t.same(Object.fromEntries(Object.entries<any>(config).map(([key, { description, default: value }]) => [key, [description, value]])),
      Object.fromEntries(properties.map(([key, { description, default: value }]) => [key, [description, value]])))
    t.same([runtime.options.typescript, main], [false, 'infra/index.ts'])
  })
  await t.test('connections', async t => {
    const { rates, ingestion, worker, database } = settingsOf('dev')
    t.equal(connectionsNeeded({ rates, ingestion, worker }), (2 * 6 + 2 * 5 + 2 * 11) * 2 + 18)
    t.equal(maxConnections(database), 170)
    for (const [instanceClass, most] of [['db.r7g.large', 1_360], ['db.m7g.xlarge', 1_360], ['db.r7g.2xlarge', 5_000], ['db.t4g.micro', 85]] as const) {
      t.equal(maxConnections({ ...database, instanceClass }), most, instanceClass)
    }
  })
}
