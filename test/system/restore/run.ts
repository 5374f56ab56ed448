import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { aws, startMoto } from './aws.ts'
import { databaseOf } from './declared.ts'
import { checkAfterwards, loginsOf } from './check.ts'
import { makeServices } from './services.ts'
import { Terraform } from './terraform.ts'

/**
 * `npm run drill:restore -- [--engine postgres|aurora] [--provider 5.100.0]`: makes the database of a stack on an emulator, runs every command that
 * `npm run restore` prints, and checks the result. README.md says what the drill needs and what it does not show.
 */
const { engine, provider } = parseArgs({ options: { engine: { type: 'string', default: 'postgres' }, provider: { type: 'string', default: '5.100.0' } } }).values
const root = join(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'freight-restore-'))
const region = 'eu-west-1'
const stacks: Record<string, [stack: string, changes: Record<string, unknown>]> = {
  postgres: ['prod', {}],
  aurora: ['dev', { database: { engine: 'aurora', instanceClass: 'db.r7g.large', replicas: 1, deletionProtection: false } }],
}
const [stack, changes] = stacks[engine] ?? (() => { throw new Error(`There is no engine ${engine}: there are ${Object.keys(stacks).join(', ')}`) })()
const terraform = new Terraform(join(folder, 'terraform'))

process.stdout.write(`The restore of ${stack} (${engine}), by AWS provider ${provider} and moto\n`)
const moto = await startMoto(join(folder, 'moto.log'))
try {
  await prepare()
  const before = await loginsOf(terraform)
  for (const step of await printedSteps()) await follow(step)
  await checkAfterwards({ terraform, engine, name: `freight-${stack}`, before })
} catch (error) {
  process.exitCode = 1
  throw error
} finally {
  moto.kill()
  if (process.exitCode === undefined || process.exitCode === 0) rmSync(folder, { recursive: true, force: true })
  else console.log(`saved: ${folder}`)
}

/** Prepares the stack as its first `up` leaves it, and the stand-ins on the path. */
async function prepare (): Promise<void> {
  const { Subnets: subnets } = await aws('ec2', 'describe-subnets')
  const { SecurityGroups: [group] } = await aws('ec2', 'describe-security-groups', '--filters', 'Name=group-name,Values=default')
  const places = { subnetIds: subnets.map((one: any) => one.SubnetId), securityGroupId: group.GroupId }
  const items = await databaseOf(stack, changes, places)
  const save = (name: string, content: unknown): void => writeFileSync(join(folder, name), JSON.stringify(content))
  save('items.json', items)
  save('others.json', await makeServices(stack, places))
  mkdirSync(join(folder, 'bin'))
  const command = (name: string, script: string): void => {
    writeFileSync(join(folder, 'bin', name), `#!/usr/bin/env bash\n${script}\n`)
    chmodSync(join(folder, 'bin', name), 0o755)
  }
  const node = `exec '${process.execPath}' --no-warnings`
  command('pulumi', `${node} '${join(import.meta.dirname, 'pulumi.ts')}' "$@"`)
  command('npm', `if [ "$2" = restore ]; then shift 3; ${node} '${join(root, 'infra/commands/restore.ts')}' "$@"; fi; echo "  (left out: npm $*)"`)
  Object.assign(process.env, { DRILL: folder, PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}` })
  await terraform.init(provider, items, region)
  await terraform.plan()
  await terraform.apply()
  console.log(`${items.length} resources made: ${items.map(({ address }) => address).join(', ')}`)
}

/** Resolves with the steps of `npm run restore`, each with the lines before the first. */
async function printedSteps (): Promise<string[]> {
  const { stdout } = await promisify(execFile)('npm', ['run', 'restore', '--', '--stack', stack, '--to', new Date(Date.now() - 1_000).toISOString().replace(/\.\d+Z/, 'Z')])
  const [head, ...steps] = stdout.split(/^(?=# \d+\. )/m)
  return steps.map(step => `${head}\n${step}`)
}

/** Runs a step as a person would, and prints its title, its commands and their output. */
async function follow (script: string): Promise<void> {
  const step = script.slice(script.search(/^# \d+\. /m)).trimEnd()
  console.log(`\n${step}`)
  if (step.includes(' --adopt ')) await showWithout()
  const { stdout, stderr } = await promisify(execFile)('bash', ['-euc', script], { cwd: root, maxBuffer: 2 ** 26 })
  for (const line of `${stdout}${stderr}`.split('\n')) if (/^\s*[^\s"{}[\],]/.test(line) && !/^\s*"/.test(line)) console.log(`> ${line}`)
}

/** Prints what Pulumi would do after the exchange of names alone, without doing it. */
async function showWithout (): Promise<void> {
  for (const { address, actions, what } of await terraform.plan()) {
    if (address.startsWith('aws_iam')) continue
    console.log(`> without this step \`up\` would ${actions.join('+')} ${address}: ${what.filter(line => /^(identifier|cluster_identifier|replicate_source_db)/.test(line)).join(', ') || '…'}`)
  }
}
