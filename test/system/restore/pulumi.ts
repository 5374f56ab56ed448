import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { StackState, StateResource } from '../../../infra/commands/stack-state.ts'
import type { Item } from './declared.ts'
import { Terraform } from './terraform.ts'

/**
 * The `pulumi` of the drill. `stack export` and `stack import` are Pulumi's state of Terraform's resources; `refresh` and `up` are Terraform's.
 * DRILL is the folder of the drill, with the program's declarations and the outputs of the stack.
 */
const folder = process.env.DRILL!
const read = (name: string): any => JSON.parse(readFileSync(join(folder, name), 'utf8'))
const items = read('items.json') as Item[]
const terraform = new Terraform(join(folder, 'terraform'))
const { positionals, values } = parseArgs({ allowPositionals: true, strict: false, options: { file: { type: 'string' }, stack: { type: 'string' } } })

const commands: Record<string, () => Promise<void>> = {
  'stack export': async () => console.log(JSON.stringify(await exported())),
  'stack import': async () => importIds(JSON.parse(readFileSync(values.file as string, 'utf8'))),
  'stack output': async () => console.log('123456789012.dkr.ecr.eu-west-1.amazonaws.com/freight@sha256:0'),
  'config set': async () => {},
  refresh: async () => { await terraform.refresh() },
  up,
}
const command = Object.keys(commands).find(name => positionals.join(' ').startsWith(name))
if (!command) throw new Error(`the drill's pulumi has no \`${positionals.join(' ')}\``)
await commands[command]!()

/** Prints and applies the changes of `up`. */
async function up (): Promise<void> {
  for (const { address, actions, what } of await terraform.plan()) console.log(`  ${actions.join('+')} ${address}${what.map(line => `\n      ${line}`).join('')}`)
  await terraform.apply()
}

async function exported (): Promise<StackState> {
  const { resources } = await terraform.pull()
  const known = resources.flatMap(({ type, name, instances }: any): StateResource[] => {
    const item = items.find(({ address }) => address === `${type}.${name}`)
    const { attributes } = instances[0]
    return item ? [{ urn: item.urn, type: item.type, id: attributes.id, inputs: item.inputs, outputs: camelled(attributes) }] : []
  })
  return { version: 3, deployment: { resources: [...read('others.json'), ...known] } }
}

/** Applies an id that changed in Pulumi's state to Terraform's state. Of the two places the outputs count, as in Pulumi's bridge. */
async function importIds (changed: StackState): Promise<void> {
  const state = await terraform.pull()
  for (const { urn, id: given, outputs } of changed.deployment.resources!) {
    const id = outputs?.id ?? given
    const [type, name] = items.find(item => item.urn === urn)?.address.split('.') ?? []
    const attributes = state.resources.find((one: any) => one.type === type && one.name === name)?.instances[0].attributes
    if (!attributes || attributes.id === id) continue
    console.log(`  ${type}.${name}: ${attributes.id} → ${id}`)
    attributes.id = id
  }
  await terraform.push({ ...state, serial: state.serial + 1 })
}

/** Converts blocks with one entry to objects, as in Pulumi's state. */
function camelled (attributes: Record<string, any>): Record<string, any> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => {
    const isBlock = Array.isArray(value) && value.length === 1 && typeof value[0] === 'object'
    return [name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase()), isBlock ? camelled(value[0]) : value]
  }))
}
