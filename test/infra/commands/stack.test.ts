import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { checkConfig } from '../../../infra/check-config.ts'
import { fileOf } from '../../../infra/commands/copy-name.ts'
import { readInputs } from '../../../infra/commands/stack/init.ts'
import { Prompts } from '../../../infra/commands/stack/prompts.ts'
import { isExample, newSettings } from '../../../infra/commands/stack/stack-settings.ts'
import { hourlyCost, totalOf } from '../../../infra/cost.ts'
import { asExample } from '../example-settings.ts'
import { fakePulumi, npmRun } from '../fake-pulumi.ts'
import { configOf, ownSettings, settingsOf } from '../stack-files.ts'

const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

/** Returns a name that no other test has. Its file is deleted with the test. */
function copyName (t: Test): string {
  const name = `t${randomBytes(4).toString('hex')}`
  t.teardown(() => rmSync(fileOf(name), { force: true }))
  return name
}

t.test('a copy is created, updated and removed', async t => {
  const name = copyName(t)
  const empty = fakePulumi(t, {})
  const created = await empty.npmRun('stack', ['up', name, '--yes'], { PULUMI_SECRETS_PROVIDER: 'awskms://key' })
  t.equal(created.code, 0, created.stderr)
  t.same(empty.calls(), ['stack ls --json --non-interactive', `stack init ${name} --secrets-provider awskms://key`, `up --stack ${name} --yes --skip-preview`])
  const { config } = parse(readFileSync(fileOf(name), 'utf8'))
  t.match(config, { 'freight-rates:expires': day(7), 'freight-rates:tier': 'development' })
  const settings = checkConfig(ownSettings(config), name, 'eu-west-1')
  t.match(settings, { database: { multiAz: false, replicas: 0, deletionProtection: false }, rates: { minTasks: 1 }, worker: { minTasks: 1 } })
  const hour = totalOf(hourlyCost(settings))
  t.ok(hour <= totalOf(hourlyCost(settingsOf('dev'))))
  for (const [hours, digits] of [[1, 2], [730, 0], [8_760, 0]] as const) t.match(created.stdout, `$${(hour * hours).toFixed(digits)} `)
  t.ok(created.stdout.indexOf('an hour') < created.stdout.indexOf('pulumi: up'), 'the cost is printed first')

  const there = fakePulumi(t, { [name]: {} })
  t.match(await there.npmRun('stack', ['up', name, '--days', '2']), { code: 0 })
  t.same(there.calls().slice(1), [`up --stack ${name}`])
  t.equal(parse(readFileSync(fileOf(name), 'utf8')).config['freight-rates:expires'], day(2))

  t.match(await there.npmRun('stack', ['down', name, '--yes']), { code: 0 })
  t.same(there.calls().slice(-2), [`destroy --stack ${name} --yes --skip-preview`, `stack rm ${name} --yes`])
  t.notOk(existsSync(fileOf(name)))
})

t.test('a stack that is created to stay is neither removed nor updated as a copy', async t => {
  const name = copyName(t)
  writeFileSync(fileOf(name), 'config:\n  freight-rates:tier: production\n')
  const there = fakePulumi(t, { [name]: {} })
  for (const verb of ['up', 'down']) t.match(await there.npmRun('stack', [verb, name, '--yes']), { code: 1, stderr: 'freight-rates:expires' }, verb)
  t.same(there.calls().filter(call => !call.startsWith('stack ls')), [])
  t.equal(readFileSync(fileOf(name), 'utf8'), 'config:\n  freight-rates:tier: production\n')
})

t.test('a stack that was created from another clone is removed with the settings of its creation', async t => {
  const name = copyName(t)
  const there = fakePulumi(t, { [name]: {} })
  t.match(await there.npmRun('stack', ['down', name]), { code: 0 })
  t.same(there.calls().slice(1), [`config refresh --stack ${name}`, `destroy --stack ${name}`, `stack rm ${name} --yes`])
})

t.test('a stack whose removal failed remains, with its exit code', async t => {
  const name = copyName(t)
  const there = fakePulumi(t, { [name]: {} }, ['destroy'])
  t.match(await there.npmRun('stack', ['down', name]), { code: 255, stderr: `\`pulumi destroy --stack ${name}\` failed` })
  t.notOk(there.calls().some(call => call.startsWith('stack rm')))
})

t.test('expired copies', async t => {
  const stacks = fakePulumi(t, { dev: {}, old: { expires: day(-1) }, young: { expires: day(3) } })
  t.match(await stacks.npmRun('stack', ['list']), { code: 0, stdout: new RegExp(`dev +stays\nold +${day(-1)} +expired\nyoung +${day(3)}\n`) })
  t.match(await stacks.npmRun('stack', ['list', '--expired']), { code: 1, stdout: /^stack.*\nold [^\n]*\n$/ })
  t.match(await fakePulumi(t, { dev: {} }).npmRun('stack', ['list', '--expired']), { code: 0, stdout: 'No copy has expired.' })
})

t.test('refused before any call', async t => {
  const stacks = fakePulumi(t, { dev: {} })
  for (const [args, code, words] of [
    [[], 2, 'A command is required'], [['rm', 'x'], 2, 'no command "rm"'], [['up'], 2, 'one name'], [['up', 'a', 'b'], 2, 'one name'], [['up', 'x', '--days', '0'], 2, '--days'],
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

const account = '999999999999'
/** The exports of infra/bootstrap. */
const bootstrap = {
  backend: `s3://freight-pulumi-${account}?region=eu-central-1`, secretsProvider: `awskms:///arn:aws:kms:eu-central-1:${account}:key/1?region=eu-central-1`,
  permissionsBoundary: `arn:aws:iam::${account}:policy/freight-service-boundary`,
}
const ls = ['stack ls --json --non-interactive', 'stack ls --cwd infra/bootstrap --json --non-interactive']
const configIn = (name: string): Record<string, unknown> => parse(readFileSync(fileOf(name), 'utf8')).config

t.test('a stack that is to stay: its settings are written once, and no value is pasted', async t => {
  const name = copyName(t)
  const there = fakePulumi(t, {}, [], {}, { [name]: bootstrap })
  const created = await there.npmRun('stack', ['init', name, '--allowed-cidrs', '198.51.100.7/32, 203.0.113.0/24'])
  t.equal(created.code, 0, created.stderr)
  t.same(there.calls(), [...ls, `stack output --stack ${name} --cwd infra/bootstrap --json --non-interactive`, `stack init ${name} --secrets-provider ${bootstrap.secretsProvider}`])
  const config = configIn(name)
  t.match(config, {
    'aws:region': 'eu-central-1', 'freight-rates:account': account, 'freight-rates:tier': 'development', 'freight-rates:permissionsBoundary': bootstrap.permissionsBoundary,
    'freight-rates:allowedCidrs': ['198.51.100.7/32', '203.0.113.0/24'], 'freight-rates:domain': undefined, 'freight-rates:expires': undefined,
    'freight-rates:network': { zones: ['a', 'b'] },
  })
  t.match(created.stdout, 'eu-central-1a, eu-central-1b', 'zones that were chosen by default are named')
  const settings = checkConfig(ownSettings(config), name, 'eu-central-1')
  t.match(created.stdout, new RegExp(`all +${totalOf(hourlyCost(settings)).toFixed(3)} +${Math.round(totalOf(hourlyCost(settings)) * 730)}`), 'the cost of the stack')

  const before = readFileSync(fileOf(name))
  t.match(await there.npmRun('stack', ['init', name, '--allowed-cidrs', '198.51.100.8/32']), { code: 1, stderr: `Pulumi.${name}.yaml exists` })
  t.same(readFileSync(fileOf(name)), before, 'never overwritten')
  t.equal(there.calls().length, 4)
})

t.test('a production stack by options alone', async t => {
  const name = copyName(t)
  const there = fakePulumi(t, {}, [], {}, { [name]: bootstrap })
  const options = ['--tier', 'production', '--domain', 'rates.example.org', '--zone-id', 'Z123', '--email', 'on-call@example.org', '--budget-usd', '3000', '--zones', 'a,c,d', '--yes']
  const { code, stderr } = await there.npmRun('stack', ['init', name, ...options])
  t.equal(code, 0, stderr)
  t.match(checkConfig(ownSettings(configIn(name)), name, 'eu-central-1'), {
    tier: 'production', domain: { name: 'rates.example.org', zoneId: 'Z123' }, alarms: { email: 'on-call@example.org' }, budget: { monthlyUsd: 3000 }, gateway: { entry: 'edge' }, allowedCidrs: [], network: { zones: ['a', 'c', 'd'], egress: 'nat-per-zone', flowLogs: true },
  })
})

t.test('without a bootstrap an option names the account', async t => {
  const name = copyName(t)
  const there = fakePulumi(t, {})
  const { code, stderr } = await there.npmRun('stack', ['init', name, '--account', account, '--region', 'eu-north-1', '--allowed-cidrs', '198.51.100.7/32'])
  t.equal(code, 0, stderr)
  t.match(stderr, 'The bootstrap has no stack')
  t.same(there.calls(), [...ls, `stack init ${name}`])
  t.equal(configIn(name)['freight-rates:permissionsBoundary'], undefined)
})

t.test('refused without writing a file', async t => {
  const name = copyName(t)
  const there = fakePulumi(t, {}, ['stack init'], {}, { [name]: bootstrap })
  const missing = await there.npmRun('stack', ['init', name, '--tier', 'staging'])
  t.equal(missing.code, 2)
  for (const option of ['--domain', '--zone-id', '--email']) t.match(missing.stderr, option, 'all missing options together')
  t.notMatch(missing.stderr, '--account')
  const zone = ['--domain', 'rates.example.org', '--email', 'a@example.org']
  for (const [args, code, words] of [
    [['--account', '12'], 2, '--account 12'], [['--allowed-cidrs', 'everywhere'], 2, '--allowed-cidrs everywhere'], [['--tier', 'test'], 2, '--tier test'],
    [['--zones', 'a'], 2, '--zones a'], [['--zones', 'a,x'], 2, '--zones a,x'], [['--zones', 'a,a', '--allowed-cidrs', '198.51.100.7/32'], 1, 'network.zones'],
    [['--tier', 'production', ...zone, '--zone-id', 'Z1', '--zones', 'a,b'], 1, 'network.zones'],
    [['--tier', 'production', ...zone, '--certificate-arn', 'arn:aws:acm:eu-central-1:1:certificate/x'], 1, 'domain.edgeCertificateArn'],
    [['--tier', 'production', ...zone, '--certificate-arn', 'x'], 2, '--certificate-arn x'],
  ] as const) {
    t.match(await there.npmRun('stack', ['init', name, ...args]), { code, stderr: words }, args.join(' '))
    t.notOk(existsSync(fileOf(name)), args.join(' '))
  }
  t.notOk(there.calls().some(call => call.startsWith('stack init')))
  t.match(await there.npmRun('stack', ['init', name, '--allowed-cidrs', '198.51.100.7/32']), { code: 255, stderr: `\`pulumi stack init ${name}` })
  t.notOk(existsSync(fileOf(name)), 'the command can be repeated')
  t.match(await there.npmRun('stack', ['init', 'local']), { code: 1, stderr: 'no name for a stack' })
  t.match(await fakePulumi(t, { [name]: {} }).npmRun('stack', ['init', name]), { code: 1, stderr: 'There is already a stack' })
  t.match(await there.npmRun('stack', ['up', name, '--region', 'eu-west-1']), { code: 2, stderr: '--region is an option of `init` only' })
})

t.test('the prompts', async t => {
  const runPrompts = async (lines: string[], given = {}, boot: typeof bootstrap | null = bootstrap) => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    input.end(lines.map(line => `${line}\n`).join(''))
    const prompts = new Prompts(given, { input, output })
    try {
      const inputs = await readInputs('prod', prompts, boot ?? undefined)
      return { answers: inputs, output: String(output.read()), yes: await prompts.confirm('?') }
    } finally {
      prompts.close()
    }
  }
  const production = ['', '', '', 'a, c, d', 'rates.example.org', 'Z123', '', 'on-call@example.org', '', 'y']
  const { answers: inputs, output, yes } = await runPrompts(production)
  t.match(inputs, { tier: 'production', account, region: 'eu-central-1', zones: ['a', 'c', 'd'], domain: { name: 'rates.example.org', zoneId: 'Z123' }, allowedCidrs: [], email: 'on-call@example.org', monthlyUsd: undefined })
  t.equal(yes, true)
  for (const fallback of ['[production]', `[${account}]`, '[eu-central-1]', '[a,b,c]']) t.match(output, fallback)
  const corrected = await runPrompts(['prod', 'production', '', '', 'a', '', '', 'rates.example.org', 'zone', 'Z123', 'everywhere', '', 'on-call@example.org', '5', 'no'])
  t.match(corrected.answers, { tier: 'production', zones: ['a', 'b', 'c'], domain: { name: 'rates.example.org' }, monthlyUsd: 5 }, 'prompted again')
  t.equal(corrected.yes, false)
  t.match((await runPrompts(production.toSpliced(0, 3, account, 'eu-west-1'), { tier: 'production' }, null)).answers, { account, region: 'eu-west-1' }, 'no prompt for a value that an option gives')
  await t.rejects(runPrompts(production.slice(0, 5)), /End of input/)
})

t.test('an example of this repository is filled in, its comments remain', async t => {
  const inputs = { account, region: 'eu-central-1', tier: 'development' as const, zones: ['a', 'b'], allowedCidrs: ['198.51.100.7/32'], email: '' }
  const example = '# A comment.\nconfig:\n  freight-rates:account: "111111111111"\n  # Another.\n  freight-rates:database: { multiAz: false }\n'
  t.ok(isExample(example))
  const text = newSettings(example, inputs)
  t.notOk(isExample(text), 'the second time the file belongs to an account')
  t.match(text, /^# A comment\.[^]+# Another\./)
  t.match(parse(text).config, { 'freight-rates:account': account, 'freight-rates:database': { multiAz: false } })
  const secret = 'config:\n  freight-rates:account: "999999999999"\n  freight-rates:x:\n    secure: abc\n'
  t.throws(() => newSettings(secret, { ...inputs, allowedCidrs: [] }), /encrypted for another stack/)
  const keyed = newSettings('secretsprovider: awskms://x\nencryptedkey: abc\nconfig:\n  freight-rates:image: x\n', { ...inputs, allowedCidrs: [] })
  t.notMatch(keyed, /secretsprovider|encryptedkey|image/, 'a stack has its own key')
})

t.test('the tests of a repository whose settings are filled in compare with the examples', t => {
  for (const stack of ['dev', 'staging', 'prod']) {
    const template = readFileSync(fileOf(stack), 'utf8')
    const domain = stack === 'dev' ? undefined : { name: 'rates.example.org', zoneId: 'Z1' }
    const zones = ['b', 'c', 'd']
    const inputs = { account, region: 'eu-central-1', zones, tier: parse(template).config['freight-rates:tier'], domain, email: parse(template).config['freight-rates:alarms']?.email ?? '' }
    const filled = newSettings(template, { ...inputs, allowedCidrs: domain ? [] : ['198.51.100.7/32'], permissionsBoundary: bootstrap.permissionsBoundary })
    t.same(asExample(stack, parse(filled).config), configOf(stack), stack)
  }
  t.end()
})
