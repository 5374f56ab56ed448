import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { parse } from 'yaml'
import { table } from '../../../services/ops/table.ts'
import { checkConfig, RefusedConfig } from '../../check-config.ts'
import type { Config } from '../../config-schema.ts'
import { hourlyCost, totalOf } from '../../cost.ts'
import { quotaRequestCommands } from '../../quotas.ts'
import { fileOf } from '../copy-name.ts'
import { readPulumiJson, pulumi, Refused } from '../pulumi.ts'
import { Prompts, type Terminal } from './prompts.ts'
import { type StackInputs, isExample, newSettings, type Tier, zonesIn } from './stack-settings.ts'
import { isStackName } from '../../stack-name.ts'

/** Options of `init`, by name without `--`. */
export type Given = Record<string, string | undefined>

/** Outputs of the account's bootstrap. The bootstrap's stack has the same name as the platform's. */
type Bootstrap = { backend: string, secretsProvider: string, permissionsBoundary: string }

const example: Record<Tier, string> = { development: 'dev', staging: 'staging', production: 'prod' }

/** Creates the stack `name`, with its settings in Pulumi.NAME.yaml. Throws Refused, and writes nothing, if somebody has filled in that file. */
export async function init (name: string, given: Given, terminal: Terminal | undefined): Promise<void> {
  requireNewName(name)
  const file = fileOf(name)
  if (existsSync(file) && !isExample(readFileSync(file, 'utf8'))) throw new Refused(`Pulumi.${name}.yaml exists and is not overwritten: edit it, or choose another name.`)
  if ((await stacksIn()).includes(name)) throw new Refused(`There is already a stack "${name}": \`pulumi config refresh --stack ${name}\` fetches its settings.`)
  const bootstrap = (await stacksIn(...bootstrapArgs)).includes(name) ? await readPulumiJson('stack', 'output', '--stack', name, ...bootstrapArgs) as Bootstrap : undefined
  if (!bootstrap) console.error(`The bootstrap has no stack "${name}": there is no permissionsBoundary, which CI needs, and Pulumi prompts for the encryption of secrets (docs/aws.md, step 2).`)

  const prompts = new Prompts(given, terminal)
  try {
    const inputs = await readInputs(name, prompts, bootstrap)
    const text = newSettings(templateOf(name, inputs.tier), inputs)
    const settings = check(text, name)
    const quotas = quotaRequestCommands(settings, settings.region)
    console.log(`${costOf(settings)}\n`)
    console.log(`Availability zones: ${settings.network.zones.map(letter => settings.region + letter).join(', ')}.\n`)
    if (quotas.length > 0) console.log(`The stack needs more than the quotas of a new account. Before the first \`up\`, run:\n${quotas.map(request => `  ${request}\n`).join('')}`)
    if (!await prompts.confirm(`Create the stack "${name}" in account ${settings.account}, ${settings.region}, with Pulumi.${name}.yaml?`)) throw new Refused('Nothing was written.')
    prompts.close()
    await createStack(name, text, bootstrap?.secretsProvider ?? process.env.PULUMI_SECRETS_PROVIDER)
  } finally {
    prompts.close()
  }
  console.log(`\nPulumi.${name}.yaml has the settings; add the file to the repository: git add --force Pulumi.${name}.yaml\nCreate its resources: pulumi up --stack ${name}`)
}

/** Returns the initial settings of a new stack: the example of the same name, or else the example of its tier. */
const templateOf = (name: string, tier: Tier): string => readFileSync(fileOf(existsSync(fileOf(name)) ? name : example[tier]), 'utf8')

function requireNewName (name: string): void {
  if (!isStackName(name) || name === 'local') {
    throw new Refused(`"${name}" is no name for a stack: at most 12 lower-case letters, digits and -, a letter first; not "local".`)
  }
}

/**
 * Writes the settings; Pulumi then adds the key of the stack's secrets to the file. If Pulumi creates no stack,
 * the old file is restored, so that the command can be repeated.
 */
async function createStack (name: string, text: string, secretsProvider: string | undefined): Promise<void> {
  const file = fileOf(name)
  const before = existsSync(file) ? readFileSync(file) : undefined
  writeFileSync(file, text, { flag: before ? 'w' : 'wx' })
  try {
    await pulumi('stack', 'init', name, ...(secretsProvider ? ['--secrets-provider', secretsProvider] : []))
  } catch (error) {
    if (before) writeFileSync(file, before)
    else rmSync(file)
    throw error
  }
}

const bootstrapArgs = ['--cwd', 'infra/bootstrap']
const stacksIn = async (...project: string[]): Promise<string[]> =>
  (await readPulumiJson('stack', 'ls', ...project) as Array<{ name: string }>).map(({ name }) => name.split('/').at(-1)!)

/** Reads the inputs of the stack. Throws Refused with all missing options if there is no terminal. */
export async function readInputs (name: string, prompts: Prompts, bootstrap: Bootstrap | undefined): Promise<StackInputs> {
  const permissionsBoundary = bootstrap?.permissionsBoundary
  const tier = await prompts.read({
    option: 'tier', text: 'purpose of the stack: development, staging or production', required: true, pattern: /^(development|staging|production)$/,
    fallback: new Map([['staging', 'staging'], ['prod', 'production']]).get(name) ?? 'development',
  }) as Tier
  const account = await prompts.read({
    option: 'account', text: 'AWS account, 12 digits', required: true, pattern: /^\d{12}$/, fallback: /^arn:aws:iam::(\d+):/.exec(permissionsBoundary ?? '')?.[1],
  })
  const region = await prompts.read({
    option: 'region', text: 'AWS region, such as eu-west-1', required: true, pattern: /^[a-z]{2}(-[a-z]+)+-\d$/, fallback: /region=([a-z0-9-]+)/.exec(bootstrap?.backend ?? '')?.[1],
  })
  const zones = await prompts.read({
    option: 'zones', required: true, pattern: /^[a-f](,\s*[a-f]){1,2}$/, fallback: zonesIn(templateOf(name, tier)).join(','),
    text: `letters of two or three availability zones, separated by commas; aws ec2 describe-availability-zones --region ${region || 'REGION'} lists yours`,
  })
  const host = await prompts.read({
    option: 'domain', text: 'host name of the rates API; without one there is no TLS', required: tier !== 'development', pattern: /^[a-z0-9-]+(\.[a-z0-9-]+)+$/,
  })
  const domain = host || tier !== 'development' ? { name: host, ...await certificateOf(prompts) } : undefined
  const cidrs = await prompts.read({
    option: 'allowed-cidrs', text: 'addresses that may reach the rates API, such as 198.51.100.7/32, separated by commas', required: !domain,
    pattern: /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}(,\s*\d{1,3}(\.\d{1,3}){3}\/\d{1,2})*$/,
  })
  const email = await prompts.read({ option: 'email', text: 'e-mail address that gets the alarms', required: tier !== 'development', pattern: /^[^@\s]+@[^@\s]+$/ })
  const budget = await prompts.read({ option: 'budget-usd', text: 'budget in USD a month; AWS Budgets sends a message above it', required: false, pattern: /^[1-9]\d{0,5}$/ })
  if (prompts.missing.length > 0) throw new Refused(`These options are required:\n${prompts.missing.map(option => `  ${option}`).join('\n')}`, 2)
  const allowedCidrs = cidrs ? cidrs.split(/,\s*/) : []
  return { account, region, tier, zones: zones.split(/,\s*/), domain, allowedCidrs, email, monthlyUsd: budget ? Number(budget) : undefined, permissionsBoundary }
}

/** Reads where the certificates come from: created in a Route 53 zone, or existing ones by ARN. */
async function certificateOf (prompts: Prompts): Promise<{ zoneId: string } | { certificateArn: string, edgeCertificateArn?: string }> {
  const arn = /^arn:aws:acm:\S+$/
  const certificateArn = prompts.optional('certificate-arn', arn)
  if (!certificateArn) return { zoneId: await prompts.read({ option: 'zone-id', text: 'Route 53 zone in which names and certificates are created', required: true, pattern: /^Z[A-Z0-9]+$/ }) }
  const edgeCertificateArn = prompts.optional('edge-certificate-arn', arn)
  return { certificateArn, ...(edgeCertificateArn ? { edgeCertificateArn } : {}) }
}

/** Returns the checked configuration. Throws Refused with every problem that the Pulumi program would report. */
function check (text: string, name: string): Config {
  const { config } = parse(text) as { config: Record<string, unknown> }
  const own = Object.entries(config).filter(([key]) => key.startsWith('freight-rates:')).map(([key, value]) => [key.slice('freight-rates:'.length), value])
  try {
    return checkConfig(Object.fromEntries(own), name, String(config['aws:region']))
  } catch (error) {
    if (!(error instanceof RefusedConfig)) throw error
    throw new Refused(`${error.message}\nNothing was written.`)
  }
}

function costOf (settings: Config): string {
  const lines = hourlyCost(settings)
  const hour = totalOf(lines)
  const rows = [...Object.entries(lines), ['all', hour] as const].map(([item, usd]) => [item, usd.toFixed(3), Math.round(usd * 730).toString()])
  return `${table(['an idle hour', 'USD an hour', 'USD a month'], rows)}\n` +
    'By list prices of us-east-1 (docs/aws.md, "What it costs"); traffic, requests, logs and payloads come on top.'
}
