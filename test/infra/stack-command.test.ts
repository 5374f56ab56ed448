import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { checkConfig } from '../../infra/config.ts'
import { fileOf } from '../../infra/commands/copy-name.ts'
import { hourlyCost, totalOf } from '../../infra/cost.ts'
import { fakePulumi, npmRun } from './fake-pulumi.ts'
import { settingsOf } from './configuration.ts'

const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

/** A name that no other test has; its file goes with the test. */
function copyName (t: Test): string {
  const name = `t${randomBytes(4).toString('hex')}`
  t.teardown(() => rmSync(fileOf(name), { force: true }))
  return name
}

t.test('a copy is made, updated and removed', async t => {
  const name = copyName(t)
  const empty = fakePulumi(t, {})
  const made = await empty.npmRun('stack', ['up', name, '--yes'], { PULUMI_SECRETS_PROVIDER: 'awskms://key' })
  t.equal(made.code, 0, made.stderr)
  t.same(empty.calls(), ['stack ls --json --non-interactive', `stack init ${name} --secrets-provider awskms://key`, `up --stack ${name} --yes --skip-preview`])
  const { config } = parse(readFileSync(fileOf(name), 'utf8'))
  t.match(config, { 'freight-rates:expires': day(7), 'freight-rates:tier': 'development' })
  const own = Object.entries(config).filter(([key]) => key.startsWith('freight-rates:')).map(([key, value]) => [key.slice(14), value])
  const settings = checkConfig(Object.fromEntries(own), name, 'eu-west-1')
  t.match(settings, { database: { multiAz: false, replicas: 0, deletionProtection: false }, rates: { minTasks: 1 }, worker: { minTasks: 1 } })
  const hour = totalOf(hourlyCost(settings))
  t.ok(hour <= totalOf(hourlyCost(settingsOf('dev'))))
  for (const [hours, digits] of [[1, 2], [730, 0], [8_760, 0]] as const) t.match(made.stdout, `$${(hour * hours).toFixed(digits)} `)
  t.ok(made.stdout.indexOf('an hour') < made.stdout.indexOf('pulumi: up'), 'the cost is said first')

  const there = fakePulumi(t, { [name]: {} })
  t.match(await there.npmRun('stack', ['up', name, '--days', '2']), { code: 0 })
  t.same(there.calls().slice(1), [`up --stack ${name}`])
  t.equal(parse(readFileSync(fileOf(name), 'utf8')).config['freight-rates:expires'], day(2))

  t.match(await there.npmRun('stack', ['down', name, '--yes']), { code: 0 })
  t.same(there.calls().slice(-2), [`destroy --stack ${name} --yes --skip-preview`, `stack rm ${name} --yes`])
  t.notOk(existsSync(fileOf(name)))
})

t.test('what was made elsewhere is removed with the settings it was made with', async t => {
  const name = copyName(t)
  const there = fakePulumi(t, { [name]: {} })
  t.match(await there.npmRun('stack', ['down', name]), { code: 0 })
  t.same(there.calls().slice(1), [`config refresh --stack ${name}`, `destroy --stack ${name}`, `stack rm ${name} --yes`])
})

t.test('a stack whose removal failed stays, with its exit code', async t => {
  const name = copyName(t)
  const there = fakePulumi(t, { [name]: {} }, ['destroy'])
  t.match(await there.npmRun('stack', ['down', name]), { code: 255, stderr: `\`pulumi destroy --stack ${name}\` failed` })
  t.notOk(there.calls().some(call => call.startsWith('stack rm')))
})

t.test('what has expired', async t => {
  const stacks = fakePulumi(t, { dev: {}, old: { expires: day(-1) }, young: { expires: day(3) } })
  t.match(await stacks.npmRun('stack', ['list']), { code: 0, stdout: new RegExp(`dev +stays\nold +${day(-1)} +expired\nyoung +${day(3)}\n`) })
  t.match(await stacks.npmRun('stack', ['list', '--expired']), { code: 1, stdout: /^stack.*\nold [^\n]*\n$/ })
  t.match(await fakePulumi(t, { dev: {} }).npmRun('stack', ['list', '--expired']), { code: 0, stdout: 'No copy has expired.' })
})

t.test('refused before anything is called', async t => {
  const stacks = fakePulumi(t, { dev: {} })
  for (const [args, code, words] of [
    [[], 2, 'Say what to do'], [['rm', 'x'], 2, 'no command "rm"'], [['up'], 2, 'one name'], [['up', 'a', 'b'], 2, 'one name'], [['up', 'x', '--days', '0'], 2, '--days'],
    [['up', 'x', '--dyas', '1'], 2, '--dyas'], [['down', 'prod'], 1, 'no short-lived copy'], [['up', 'Big_Name'], 1, 'no name for a stack'],
  ] as const) {
    t.match(await stacks.npmRun('stack', [...args]), { code, stderr: words }, args.join(' '))
  }
  t.match(await stacks.npmRun('stack', ['up', copyName(t)], { AWS_ACCESS_KEY_ID: '' }), { code: 1, stderr: 'no AWS credentials' })
  t.same(stacks.calls(), [])
  t.match(await stacks.npmRun('stack', ['down', copyName(t)]), { code: 1, stderr: 'There is no stack' })
  t.match(await npmRun('stack', ['list'], { PATH: '/nonexistent' }), { code: 1, stderr: 'The Pulumi CLI is not on the path' })
  t.match(await npmRun('stack', ['--help'], { PATH: '/nonexistent' }), { code: 0, stdout: 'Usage: npm run stack' })
})
