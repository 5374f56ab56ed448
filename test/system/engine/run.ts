import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { standIn } from './aws.ts'
import { account, Cloud } from './cloud.ts'
import { Engine, root, type Ran } from './engine.ts'

/**
 * `npm run test:engine`: the program in the real Pulumi engine, from the bootstrap to its removal, with stand-ins for AWS and its providers. Needs
 * `pulumi` and `pulumi-language-nodejs` on the path. Its stack is "engine", with the settings of dev. Nothing of the stack remains.
 */
const stack = 'engine'
const ofStack = ['--stack', stack]
const ofBootstrap = ['--cwd', 'infra/bootstrap']
const service = 'aws:ecs/service:Service'
const logGroup = 'aws:cloudwatch/logGroup:LogGroup'
const policyPack = ['--policy-pack', 'infra/policy']
const image = (letter: string): string => `${account}.dkr.ecr.eu-west-1.amazonaws.com/freight@sha256:${letter.repeat(64)}`
const files = [`Pulumi.${stack}.yaml`, `infra/bootstrap/Pulumi.${stack}.yaml`].map(file => join(root, file))

for (const file of files) assert(!existsSync(file), `${file} exists already: a run was interrupted, or another run is in progress. Remove the file.`)
const folder = mkdtempSync(join(tmpdir(), 'engine-'))
const aws = await standIn()
const cloud = new Cloud(join(folder, 'cloud'))
const engine = new Engine(folder, join(folder, 'cloud'), aws.endpoint)
const { text: version } = await engine.pulumi('version').catch(() => { throw new Error('There is no `pulumi` on the path.') })
console.log(`pulumi ${version.trim()}`)

/** Runs one step, which returns its observation. The lines are the table of docs/aws.md. */
async function step (what: string, run: () => Promise<string>): Promise<void> {
  const begin = performance.now()
  const seen = await run()
  console.log(`| ${what} | ${seen} | ${((performance.now() - begin) / 1_000).toFixed(0)} s |`)
}
const fine = ({ code, text }: Ran): string => {
  assert.equal(code, 0, text)
  return text
}
const fails = ({ code, text }: Ran, words: RegExp): string => {
  assert.notEqual(code, 0, text)
  assert.match(text, words)
  return text
}
let bootstrapped = 0
const services = (): string[] => cloud.all(service).map(({ inputs }) => inputs.taskDefinition as string).sort()

try {
  await step('bootstrap: `up`, its state moves to another backend', async () => {
    fine(await engine.pulumi('stack', 'init', stack, ...ofBootstrap))
    fine(await engine.pulumi('config', 'set', 'githubRepository', 'example/freight-rates', ...ofBootstrap, ...ofStack))
    fine(await engine.pulumi('config', 'set', 'region', 'eu-west-1', ...ofBootstrap, ...ofStack))
    fine(await engine.pulumi('up', '--yes', ...ofBootstrap, ...ofStack))
    bootstrapped = cloud.all().length
    const state = join(folder, 'state.json')
    fine(await engine.pulumi('stack', 'export', '--file', state, ...ofBootstrap, ...ofStack))
    engine.use(engine.backend(folder, 'second'))
    fine(await engine.pulumi('stack', 'init', stack, ...ofBootstrap))
    fine(await engine.pulumi('stack', 'import', '--file', state, ...ofBootstrap, ...ofStack))
    fine(await engine.pulumi('preview', '--expect-no-changes', ...ofBootstrap, ...ofStack))
    return `${bootstrapped} resources; no change planned after the move`
  })

  await step('`npm run stack -- init`', async () => {
    const text = fine(await engine.npmRun('stack', 'init', stack, '--allowed-cidrs', '198.51.100.7/32'))
    assert.match(text, /^all +\d/m)
    const { secretsprovider, encryptedkey, config } = parse(readFileSync(files[0]!, 'utf8'))
    assert.match(secretsprovider, /^awskms:/)
    assert(encryptedkey)
    assert.match(config['freight-rates:permissionsBoundary'], /freight-service-boundary/)
    fails(await engine.npmRun('stack', 'init', stack, '--allowed-cidrs', '198.51.100.7/32'), /exists/)
    return 'settings with account, region, boundary and key from the bootstrap; a second run is refused'
  })

  await step('`preview`, with the policy pack', async () => {
    const text = fine(await engine.pulumi('preview', ...policyPack, ...ofStack))
    assert.match(text, /freight-rates@v[\d.]+/)
    assert.doesNotMatch(text, /can't run policy|\[advisory\]|\[mandatory\]/)
    assert.deepEqual([cloud.all(service).length, aws.tasks.length], [0, 0])
    return `${/(\d+) to create/.exec(text)?.[1]} to create; every rule passes, none is postponed; nothing is made, no task runs`
  })

  await step('first `up` whose migration fails', async () => {
    aws.exitCode = 1
    const text = fails(await engine.pulumi('up', '--yes', ...policyPack, ...ofStack), /The migration failed with exit code 1[^]*relation "prices" already exists/)
    assert.deepEqual([services(), aws.tasks.length], [[], 1], text)
    return `\`up\` fails with the end of the migrator's log; ${cloud.all().length} resources are made, no service`
  })

  await step('`up` again', async () => {
    aws.exitCode = 0
    fine(await engine.pulumi('up', '--yes', ...policyPack, ...ofStack))
    assert.deepEqual([services().length, aws.tasks.length], [3, 2])
    fine(await engine.pulumi('preview', '--expect-no-changes', ...ofStack))
    return 'three services; the migrator ran once for them; no change is planned afterwards'
  })

  await step('another image, whose migration fails, then passes', async () => {
    const before = services()
    fine(await engine.pulumi('config', 'set', 'freight-rates:image', image('b'), ...ofStack))
    aws.exitCode = 1
    fails(await engine.pulumi('up', '--yes', ...ofStack), /The migration failed with exit code 1/)
    assert.deepEqual(services(), before)
    aws.exitCode = 0
    fine(await engine.pulumi('up', '--yes', ...ofStack))
    assert.deepEqual([services().filter(arn => before.includes(arn)).length, aws.tasks.length], [0, 4])
    return 'no service changed until it passed; then all three have the new task definition'
  })

  await step('drift', async () => {
    const [group] = cloud.all(logGroup)
    cloud.update(logGroup, group!.id, { ...group!.inputs, retentionInDays: 1 })
    fails(await engine.pulumi('preview', '--refresh', '--expect-no-changes', '--diff', ...ofStack), /retentionInDays/)
    fine(await engine.pulumi('up', '--refresh', '--yes', ...ofStack))
    assert.equal(cloud.read(logGroup, group!.id)!.inputs.retentionInDays, group!.inputs.retentionInDays)
    return '`preview --refresh --expect-no-changes` fails and names the drift; `up --refresh` reverts it'
  })

  await step('`destroy`', async () => {
    fine(await engine.pulumi('destroy', '--yes', ...ofStack))
    assert.deepEqual([cloud.all(service).length, cloud.all().length], [0, bootstrapped])
    fine(await engine.pulumi('stack', 'rm', stack, '--yes'))
    return 'nothing of the stack is left'
  })

  await step('removal of the bootstrap', async () => {
    fails(await engine.pulumi('destroy', '--yes', ...ofBootstrap, ...ofStack), /protect/)
    fine(await engine.pulumi('state', 'unprotect', '--all', '--yes', ...ofBootstrap, ...ofStack))
    fine(await engine.pulumi('destroy', '--yes', ...ofBootstrap, ...ofStack))
    fine(await engine.pulumi('stack', 'rm', stack, '--yes', ...ofBootstrap))
    assert.equal(cloud.all().length, 0)
    return 'protected until `state unprotect`; then nothing is left'
  })
} finally {
  aws.close()
  for (const file of files) rmSync(file, { force: true })
  if (process.env.KEEP) console.log(folder)
  else rmSync(folder, { recursive: true, force: true })
}
