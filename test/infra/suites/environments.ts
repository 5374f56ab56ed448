import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import type { Test } from 'tap'
import type { TObject } from 'typebox'
import * as ratesApi from '../../../services/rates-api/config.ts'
import * as ingestionApi from '../../../services/ingestion-api/config.ts'
import { databaseTimeoutMs } from '../../../services/ingestion-api/lookup.ts'
import * as ingestionWorker from '../../../services/ingestion-worker/config.ts'
import * as migrate from '../../../services/migrate/config.ts'
import { readConfig, type ConfigCheck } from '../../../lib/process/config.ts'
import type { Program } from '../program.ts'

type Reads = { Config: TObject, checks: ConfigCheck[] }
const processes: Record<string, Reads> = { rates: ratesApi, ingestion: ingestionApi, worker: ingestionWorker, migrate }

/** Variables of Node and its allocator, and of the AWS SDK. */
const notOurs = ['NODE_OPTIONS', 'MALLOC_ARENA_MAX']

/** Checks that the configuration of each process accepts the environment of its task. */
export function environments (t: Test, program: Program): void {
  const { stack } = program
  for (const [name, { Config: schema, checks }] of Object.entries(processes)) {
    const environment = environmentOf(program, name)
    const known = Object.keys(schema.properties)
    t.same(Object.keys(environment).filter(variable => !known.includes(variable) && !notOurs.includes(variable)), [], `${name} reads every variable of its task`)
    t.doesNotThrow(() => readConfig(schema, environment, ...checks), `${name} starts from it`)
    if ('ENVIRONMENT' in schema.properties) t.equal(environment.ENVIRONMENT, stack)
  }
  // One balancer adds an entry to X-Forwarded-For; the public balancer passes the client's address on.
  t.match(environmentOf(program, 'rates'), { RATES_PER_CLIENT_PER_MINUTE: '3000', TRUSTED_PROXIES: '1' })
  t.match(environmentOf(program, 'ingestion'), { READS_PER_MINUTE: '6000', BATCHES_UNFINISHED_MAX: '5000', RESPONSE_SLOW_MS: '2000' })
  const longestWaitMs = Number((ingestionApi.Config.properties.WAIT_MAX_SECONDS as { maximum?: number }).maximum) * 1_000 + databaseTimeoutMs
  t.ok(program.named(stack, 'aws:apigatewayv2/integration:Integration').inputs.timeoutMilliseconds > longestWaitMs, 'the gateway waits as long as the ingestion API')
  t.ok(program.named(`${stack}-inner`, 'aws:lb/loadBalancer:LoadBalancer').inputs.idleTimeout * 1_000 > longestWaitMs, 'and so does the balancer')
  t.match(environmentOf(program, 'migrate'), program.of('aws:ec2/natGateway:NatGateway').length > 0
    ? { PRICES_FIRST_MONTH: '2015-01-01', PRICES_MONTHS_AHEAD: '24' }
    : { PRICES_FIRST_MONTH: '2020-07-01', PRICES_MONTHS_AHEAD: '36' }, 'the months of the stack')
  t.match(environmentOf(program, 'worker'), { BATCHES_UNFINISHED_MAX: '5000' }, 'the alarm uses the limit of the ingestion API')
  const replicas = program.of('aws:rds/instance:Instance').filter(({ inputs }) => inputs.replicateSourceDb)
  const clusters = program.of('aws:rds/cluster:Cluster')
  t.equal(ratesApi.replicasOf(readConfig(ratesApi.Config, environmentOf(program, 'rates')) as never).length, replicas.length + clusters.length, 'the rates API has every replica')
  t.match(environmentOf(program, 'ingestion'), { NODE_OPTIONS: /--max-semi-space-size=2 --max-old-space-size=256/, MALLOC_ARENA_MAX: '1' })
  t.match(environmentOf(program, 'worker'), { NODE_OPTIONS: '--max-semi-space-size=1', MALLOC_ARENA_MAX: '1' })
}

/** Checks that each process has the time for its shutdown phases: those of its main.ts, with its configuration. */
export function stopping (t: Test, program: Program): void {
  for (const [name, folder] of Object.entries({ rates: 'rates-api', ingestion: 'ingestion-api', worker: 'ingestion-worker' })) {
    const source = readFileSync(join(import.meta.dirname, `../../../services/${folder}/main.ts`), 'utf8')
    const config = readConfig(processes[name]!.Config, environmentOf(program, name))
    const phases = [...source.matchAll(/limitMs: ([^,]+), run/g)].map(([, expression]) => runInNewContext(expression!, { config }) as number)
    t.ok(phases.length > 1, `${name} stops in phases`)
    const { stopTimeout } = containerOf(program, name)
    t.ok(phases.reduce((sum, ms) => sum + ms, 1_000) <= stopTimeout * 1_000, `${name}: ${phases.join(' + ')} ms within ${stopTimeout} s`)
  }
}

const containerOf = ({ named, stack }: Program, name: string) =>
  JSON.parse(named(`${stack}-${name}`, 'aws:ecs/taskDefinition:TaskDefinition').inputs.containerDefinitions)[0]

/** Returns a task's variables, with values of the right kind for secrets. */
function environmentOf (program: Program, name: string): Record<string, string> {
  const container = containerOf(program, name)
  return Object.fromEntries([
    ...container.environment.map((one: { name: string, value: string }) => [one.name, one.value]),
    ...container.secrets.map((one: { name: string }) => [one.name, 'postgres://user:secret@host:5432/postgres']),
  ])
}
