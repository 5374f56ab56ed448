import t from 'tap'
import { alarmsAndScaling } from './suites/alarms-and-scaling.ts'
import { boundary, bounded } from './suites/boundary.ts'
import { ciActions, mapped } from './suites/ci-actions.ts'
import { configuration } from './suites/configuration.ts'
import { data } from './suites/data.ts'
import { deployments } from './suites/deployments.ts'
import { docsOf } from './suites/docs.ts'
import { edge, firewall, moving } from './suites/edge.ts'
import { engineVersion } from './suites/engine-version.ts'
import { environments, stopping } from './suites/environments.ts'
import { migration } from './suites/migration.ts'
import { months } from './suites/months.ts'
import { network } from './suites/network.ts'
import { paid } from './suites/paid.ts'
import { permissions } from './suites/permissions.ts'
import { brokenRules, policy } from './suites/policy.ts'
import { runProgram } from './program.ts'
import { settingsOf } from './stack-files.ts'
import { tasks } from './suites/tasks.ts'

/** Tests all of the infrastructure in one process: loading Pulumi takes longer than any test. */
const aurora = { database: { engine: 'aurora' as const, instanceClass: 'db.serverless', maxAcu: 8, replicas: 1, deletionProtection: false } }
const apart = {
  network: { egress: 'endpoints', zones: ['a', 'b'] }, deployment: { strategy: 'LINEAR', approval: true }, rates: { keysRequired: true, poolSize: 5, maxTasks: 2 },
  prices: { firstMonth: '2020-07-01', monthsAhead: 36 },
  image: `111111111111.dkr.ecr.eu-west-1.amazonaws.com/freight@sha256:${'b'.repeat(64)}`,
}

for (const [title, stack, changes] of [
  ['dev', 'dev', {}], ['staging', 'staging', {}], ['prod', 'prod', {}], ['dev on Aurora', 'dev', aurora], ['dev without egress', 'dev', apart],
] as const) {
  t.test(title, async t => {
    const program = await runProgram(stack, changes)
    const suites = [
      network, firewall, edge, tasks, environments, stopping, deployments, alarmsAndScaling, data, months, permissions, bounded, ciActions, policy,
    ]
    for (const suite of suites) {
      await t.test(suite.name, async t => suite(t, program))
    }
    const { database } = settingsOf(stack)
    await t.test('paid metrics', async t => paid(t, program, { database: { ...database, ...'database' in changes ? changes.database : {} } }))
  })
}
t.test('from the gateway to CloudFront', moving)
t.test('boundary', boundary)
t.test('actions of CI', mapped)
t.test('configuration', configuration)
t.test('versions of PostgreSQL', engineVersion)
t.test('migration', migration)
t.test('rules of the policy pack', async t => brokenRules(t))
t.test('docs', docsOf)
