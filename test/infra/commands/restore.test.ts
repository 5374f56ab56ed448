import { execFile } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fakePulumi } from '../fake-pulumi.ts'
import { stateOf } from '../stack-state.ts'

const to = '2026-11-22T10:00:00Z'
const image = `333333333333.dkr.ecr.eu-west-1.amazonaws.com/freight@sha256:${'a'.repeat(64)}`
const aurora = { database: { engine: 'aurora', instanceClass: 'db.serverless', maxAcu: 8, replicas: 1, deletionProtection: false } }

t.test('RDS: every printed command, run in order', async t => {
  const { state } = await stateOf('prod', { image })
  const pulumi = fakePulumi(t, {}, [], state)
  const { code, stdout } = await pulumi.npmRun('restore', ['--stack', 'prod', '--to', to])
  t.equal(code, 0)
  t.same(pulumi.calls(), ['stack export --stack prod --non-interactive'], 'printing changes no resource')
  const calls = await runInBash(t, stdout)
  t.same(calls.map(brief), [
    'aws rds restore-db-instance-to-point-in-time freight-prod freight-prod-restored', 'aws rds wait freight-prod-restored',
    'aws rds describe-db-instances freight-prod-restored',
    'aws application-autoscaling register-scalable-target', 'aws ecs update-service', 'aws ecs wait',
    'aws rds modify-db-instance freight-prod-replica-1', 'aws rds wait freight-prod-replica-1', 'aws rds delete-db-instance freight-prod-replica-1',
    'aws rds wait freight-prod-replica-1',
    'aws rds modify-db-instance freight-prod freight-prod-aside', 'aws rds wait freight-prod-aside',
    'aws rds modify-db-instance freight-prod-restored freight-prod', 'aws rds wait freight-prod',
    'aws rds describe-db-instances freight-prod', 'npm run restore', 'pulumi refresh --stack', 'pulumi stack output', 'pulumi config set', 'pulumi up --stack',
    'aws ecs run-task', 'aws ecs wait', 'aws ecs describe-tasks',
    'npm run ops', 'npm run ops', 'aws ecs update-service', 'aws application-autoscaling register-scalable-target',
  ])
  const [restore] = calls
  const flag = (name: string): string => restore![restore!.indexOf(`--${name}`) + 1]!
  t.same(['source-db-instance-identifier', 'restore-time', 'db-instance-class', 'max-allocated-storage', 'storage-type'].map(flag), ['freight-prod', to, 'db.r7g.large', '1000', 'gp3'])
  for (const given of ['--multi-az', '--enable-iam-database-authentication', '--deletion-protection', '--no-publicly-accessible']) t.ok(restore!.includes(given), given)
  t.same(calls.find(call => call.includes('restore') && call[0] === 'npm'), ['npm', 'run', 'restore', '--', '--stack', 'prod', '--adopt', 'db-NEW'])
  const targets = state.deployment.resources!.filter(({ type }) => type === 'aws:rds/instance:Instance').flatMap(({ urn }) => ['--target', urn])
  t.same(calls.find(call => call[1] === 'refresh'), ['pulumi', 'refresh', '--stack', 'prod', ...targets], 'the database alone')
  t.match(calls.filter(call => call[2] === 'update-service').map(call => call[call.indexOf('--desired-count') + 1]), ['0', '2'])
  t.match(calls.filter(call => call[2] === 'ops').at(-1), ['npm', 'run', 'ops', '--', '--stack', 'prod', 'batches', 'replay', '--since', to])
})

t.test('Aurora: the cluster and all its members change names', async t => {
  const { state } = await stateOf('dev', aurora)
  const { stdout } = await fakePulumi(t, {}, [], state).npmRun('restore', ['--stack', 'dev', '--to', to, '--source', 'freight-dev-aside-202611210900'])
  const calls = await runInBash(t, stdout)
  t.same(calls.map(brief).filter(call => /^aws rds (?!wait|describe)/.test(call)), [
    'aws rds restore-db-cluster-to-point-in-time freight-dev-aside freight-dev-restored', 'aws rds create-db-instance freight-dev-restored-1 freight-dev-restored',
    'aws rds modify-db-instance freight-dev-1 freight-dev-aside-1', 'aws rds modify-db-instance freight-dev-2 freight-dev-aside-2',
    'aws rds modify-db-cluster freight-dev freight-dev-aside',
    'aws rds modify-db-instance freight-dev-restored-1 freight-dev-1', 'aws rds modify-db-cluster freight-dev-restored freight-dev',
  ])
  t.ok(calls[0]!.includes('MinCapacity=0.5,MaxCapacity=8'))
  t.match(stdout, 'describe-db-cluster-automated-backups --db-cluster-identifier freight-dev-aside-202611210900', 'the id of the backups of a deleted source, not of the existing one')
  t.match((await fakePulumi(t, {}, [], state).npmRun('restore', ['--stack', 'dev', '--to', to])).stdout, /# If freight-dev is deleted: --source-db-cluster-resource-id \S+ /)
  t.match(stdout, /# for member in .*describe-db-clusters .*freight-dev-aside/, 'readers that autoscaling has made are included')
  t.notOk(calls.some(call => call.includes('--adopt')), 'the state finds a cluster by its name')
  t.equal(calls.find(call => call[1] === 'refresh')!.filter(word => word === '--target').length, 3, 'the cluster and two members')
  t.notOk(calls.some(call => call[1] === 'config'), 'an image that is built by `up` is not set')
})

t.test('the state follows another instance: its id, and no other member', async t => {
  const { state } = await stateOf('prod')
  const pulumi = fakePulumi(t, {}, [], state)
  t.match(await pulumi.npmRun('restore', ['--stack', 'prod', '--adopt', 'db-NEW']), { code: 0 })
  const expected = structuredClone(state)
  const primary = expected.deployment.resources!.find(({ urn }) => urn.endsWith('::prod-primary'))!
  Object.assign(primary, { id: 'db-NEW', outputs: { ...primary.outputs, id: 'db-NEW', resourceId: 'db-NEW' } })
  t.same(pulumi.imported(), JSON.parse(JSON.stringify(expected)))
  t.match(pulumi.calls()[1], /^stack import --stack prod --file /)

  const again = fakePulumi(t, {}, [], expected)
  t.match(await again.npmRun('restore', ['--stack', 'prod', '--adopt', 'db-NEW']), { code: 0, stdout: 'already' })
  t.equal(again.calls().length, 1, 'nothing is imported')
  const failing = fakePulumi(t, {}, ['stack import'], state)
  t.match(await failing.npmRun('restore', ['--stack', 'prod', '--adopt', 'db-NEW']), { code: 255 })
})

t.test('refused', async t => {
  const { state } = await stateOf('dev', aurora)
  const pulumi = fakePulumi(t, {}, [], state)
  for (const [args, code, words] of [
    [[], 2, '--stack takes'], [['--stack', 'dev'], 2, 'either --to or --adopt'], [['--stack', 'dev', '--to', to, '--adopt', 'db-NEW'], 2, 'either --to or --adopt'],
    [['--stack', 'dev', '--to', '2026-11-22 10:00'], 2, 'a time in UTC'], [['--stack', 'dev', '--to', '2026-13-22T10:00:00Z'], 2, 'a time in UTC'],
    [['--stack', 'dev', '--to', '2126-11-22T10:00:00Z'], 2, 'in the future'], [['--stack', 'dev', '--to', to, '--source', 'A;b'], 2, '--source takes'],
    [['--stack', 'dev', '--from', to], 2, '--from'], [['--stack', 'dev', '--adopt', 'db-NEW'], 1, 'nothing to adopt'],
  ] as const) t.match(await pulumi.npmRun('restore', [...args]), { code, stderr: words }, args.join(' '))
  t.notOk(pulumi.calls().some(call => call.startsWith('stack import')))
  const { state: rds } = await stateOf('dev')
  t.match(await fakePulumi(t, {}, [], rds).npmRun('restore', ['--stack', 'dev', '--adopt', 'freight-dev-restored']), { code: 2, stderr: 'no resource id' })
  t.match(await fakePulumi(t, {}, [], { version: 3, deployment: {} }).npmRun('restore', ['--stack', 'dev', '--to', to]), { code: 1, stderr: 'pulumi up' })
  t.match(await pulumi.npmRun('restore', ['--help']), { code: 0, stdout: 'Usage: npm run restore' })
})

/** Runs a script with commands that record their arguments, and returns the calls. */
async function runInBash (t: Test, script: string): Promise<string[][]> {
  const recorder = (output: string): string => `#!/bin/bash\n{ printf '%s' "$(basename "$0")"; printf '\\x1f%s' "$@"; echo; } >> "$(dirname "$0")/calls"\n${output}\n`
  const folder = t.testdir({
    aws: recorder('case "$*" in *DbiResourceId\\ --output*) echo db-NEW;; *run-task*) echo arn:task;; esac'), pulumi: recorder(''), npm: recorder(''),
  })
  for (const name of ['aws', 'pulumi', 'npm']) chmodSync(join(folder, name), 0o755)
  writeFileSync(join(folder, 'script'), script)
  await new Promise<void>((resolve, reject) => {
    execFile('bash', ['-eu', join(folder, 'script')], { env: { PATH: `${folder}:${process.env.PATH}` } }, error => error ? reject(error) : resolve())
  })
  return readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n').map(line => line.split('\x1f'))
}

/** Returns a call in short form: its first words and the databases that it names, without the time in a name. */
function brief (call: string[]): string {
  const names = call.filter(word => /^freight-(?!rates:)/.test(word)).map(word => word.replace(/-aside-\d{12}/, '-aside'))
  return [...call.slice(0, 3), ...call[0] === 'aws' && call[1] === 'rds' ? names : []].join(' ')
}
