import { existsSync, rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { hintOnNpm, takenByNpm, textOfTaken } from '../../lib/process/npm.ts'
import { table } from '../../services/ops/table.ts'
import { fileOf, requireCopyName, requireLastDay } from './copy-name.ts'
import type { Given } from './stack/init.ts'
import { readPulumiJson, runMain, pulumi, Refused } from './pulumi.ts'

const help = `Usage: npm run stack -- COMMAND

init NAME [--tier development|staging|production] [--account ID] [--region REGION] [--zones A,B,C]
          [--domain HOST] [--zone-id ID | --certificate-arn ARN [--edge-certificate-arn ARN]] [--allowed-cidrs A,B] [--email ADDRESS]
          [--budget-usd N] [--yes]
    Creates a new permanent stack, with its settings in Pulumi.NAME.yaml: those of the stack of the same tier in this
    repository, with your account, names and addresses. It prompts for missing options, prints the cost of the stack, and
    asks for confirmation before it writes. Account, region, the key of secrets and the permissions boundary come from the
    bootstrap of that name. An account may not have every zone of a region: --zones names the zones to use. Settings that
    somebody has filled in are never overwritten.
up NAME [--days N] [--yes]
    Creates or updates a short-lived copy of the system, as small as possible, from Pulumi.dev.yaml's settings. The copy has
    the day after which it may be removed: in N days, 7 by default. Its settings are in Pulumi.NAME.yaml, which git ignores.
down NAME [--yes]
    Removes a copy with all its data.
list [--expired]
    Lists every stack with its last day. With --expired lists only expired stacks, and exits with 1 if there is one.

--yes skips every prompt and confirmation: init then takes the defaults, and refuses if a required option is missing.
Without it Pulumi shows a preview and waits for a confirmation.
Needs \`pulumi\` on the path, logged in to the backend of its state, and AWS credentials (docs/aws.md).`

const text = { type: 'string' } as const
/** Options of `init` only. */
const ofInit = {
  tier: text, account: text, region: text, zones: text, domain: text, 'zone-id': text, 'certificate-arn': text, 'edge-certificate-arn': text, 'allowed-cidrs': text, email: text, 'budget-usd': text,
}

/** Options that a command must not lose to npm. Without --yes a command prompts, and CI may set npm_config_yes for all of npm. */
const optionsOf: Record<string, string[]> = { init: Object.keys(ofInit), up: ['days'], list: ['expired'] }

type Read = { command: 'init' | 'up' | 'down' | 'list', name: string, days: number, yes: boolean, expired: boolean, given: Given }

function readCommand (): Read {
  const wrong = (problem: string): Refused => new Refused(`${problem}\n\n${help}`, 2)
  const options = {
    ...ofInit, days: { type: 'string', default: '7' }, yes: { type: 'boolean', default: false }, expired: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' },
  } as const
  let given
  try {
    given = parseArgs({ args: process.argv.slice(2), allowPositionals: true, options })
  } catch (error) {
    throw wrong((error as Error).message)
  }
  const { positionals: [command, ...names], values: { yes, expired, help: showHelp, days: _, ...init } } = given
  if (showHelp) {
    console.log(help)
    process.exit(0)
  }
  const taken = takenByNpm('stack', optionsOf[command ?? ''] ?? [], process.argv.slice(2))
  if (taken !== undefined) throw new Refused(textOfTaken(taken, `npm run stack -- ${command} …`), 2)
  if (command !== 'init' && command !== 'up' && command !== 'down' && command !== 'list') throw wrong(command === undefined ? `A command is required.${hintOnNpm('stack')}` : `There is no command "${command}".`)
  if (names.length !== (command === 'list' ? 0 : 1)) throw wrong(command === 'list' ? '`list` takes no name.' : `\`${command}\` takes one name.${hintOnNpm('stack')}`)
  const [initOnly] = command === 'init' ? [] : Object.keys(init)
  if (initOnly) throw wrong(`--${initOnly} is an option of \`init\` only.`)
  const days = Number(given.values.days)
  if (!Number.isInteger(days) || days < 1 || days > 90) throw wrong('--days must be an integer from 1 to 90.')
  return { command, name: names[0] ?? '', days, yes, expired, given: init }
}

async function initAt (name: string, given: Given, yes: boolean): Promise<void> {
  await requireCredentials()
  const { init } = await import('./stack/init.ts') // the schema of the settings takes longer to load than `list` takes
  await init(name, given, process.stdin.isTTY && !yes ? { input: process.stdin, output: process.stderr } : undefined)
}

async function up (name: string, days: number, yes: boolean): Promise<void> {
  const exists = (await stacks()).includes(name)
  if (exists && !existsSync(fileOf(name))) await pulumi('config', 'refresh', '--stack', name)
  requireLastDay(name)
  const { costSentence, writeCopy } = await import('./copy.ts') // the schema, as above
  const copy = writeCopy(name, days)
  console.log(`${exists ? 'Updates' : 'Creates'} the copy "${name}" in ${copy.region}. ${costSentence(copy)}\n`)
  if (!exists) await pulumi('stack', 'init', name, ...secretsProvider())
  await pulumi('up', '--stack', name, ...(yes ? ['--yes', '--skip-preview'] : []))
  console.log(`\nIts addresses: pulumi stack output --stack ${name}\nRemove it: npm run stack -- down ${name}`)
}

async function down (name: string, yes: boolean): Promise<void> {
  if (!(await stacks()).includes(name)) throw new Refused(`There is no stack "${name}": \`npm run stack -- list\` shows the existing ones.`)
  // Created on another machine: the deletion needs the settings of that machine.
  if (!existsSync(fileOf(name))) await pulumi('config', 'refresh', '--stack', name)
  requireLastDay(name)
  await pulumi('destroy', '--stack', name, ...(yes ? ['--yes', '--skip-preview'] : []))
  await pulumi('stack', 'rm', name, '--yes')
  rmSync(fileOf(name), { force: true })
  console.log(`\nThe copy "${name}" is removed.`)
}

async function list (onlyExpired: boolean): Promise<void> {
  const today = new Date().toISOString().slice(0, 10)
  const found = await Promise.all((await stacks()).map(async name => {
    const { expires } = await readPulumiJson('stack', 'output', '--stack', name) as { expires?: string }
    return { name, expires, isOver: expires !== undefined && expires < today }
  }))
  const shown = onlyExpired ? found.filter(({ isOver }) => isOver) : found
  if (shown.length === 0) console.log(onlyExpired ? 'No copy has expired.' : 'There are no stacks.')
  else console.log(table(['stack', 'until', ''], shown.map(({ name, expires, isOver }) => [name, expires ?? 'stays', isOver ? 'expired' : ''])))
  if (onlyExpired && shown.length > 0) process.exitCode = 1
}

const stacks = async (): Promise<string[]> => (await readPulumiJson('stack', 'ls') as Array<{ name: string }>).map(({ name }) => name.split('/').at(-1)!)

/** Returns the option for the secrets provider of the account's other stacks (docs/aws.md); without the variable, Pulumi chooses. */
const secretsProvider = (): string[] => process.env.PULUMI_SECRETS_PROVIDER ? ['--secrets-provider', process.env.PULUMI_SECRETS_PROVIDER] : []

async function requireCredentials (): Promise<void> {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
  await fromNodeProviderChain()().catch(error => {
    throw new Refused(`There are no AWS credentials: \`aws sso login\`, or AWS_PROFILE, or AWS_ACCESS_KEY_ID with its secret. (${(error as Error).message})`)
  })
}

await runMain(async () => {
  const { command, name, days, yes, expired, given } = readCommand()
  if (command === 'list') return await list(expired)
  if (command === 'init') return await initAt(name, given, yes)
  requireCopyName(name)
  await requireCredentials()
  if (command === 'up') await up(name, days, yes)
  else await down(name, yes)
})
