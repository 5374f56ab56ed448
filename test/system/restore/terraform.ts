import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Item } from './declared.ts'

const run = promisify(execFile)

export interface Change {
  address: string
  actions: string[]
  /** Attributes that change, and how. */
  what: string[]
}

/** Runs Terraform in its own folder, with the AWS provider of `version`. */
export class Terraform {
  readonly #folder: string
  constructor (folder: string) {
    this.#folder = folder
  }

  /** Writes one file for each resource. */
  async init (version: string, items: Item[], region: string): Promise<void> {
    mkdirSync(this.#folder, { recursive: true })
    const write = (name: string, content: object): void => writeFileSync(join(this.#folder, `${name}.tf.json`), JSON.stringify(content, null, 1))
    write('provider', {
      terraform: { required_providers: { aws: { source: 'hashicorp/aws', version } } },
      provider: { aws: {
        region, skip_credentials_validation: true, skip_metadata_api_check: true, skip_region_validation: true, max_retries: 2,
        default_tags: [{ tags: { Project: 'freight-rates' } }],
      } },
    })
    for (const { address, body } of items) {
      const [type, name] = address.split('.') as [string, string]
      write(address, { resource: { [type]: { [name]: body } } })
    }
    const mirror = process.env.TF_PLUGIN_MIRROR
    await this.#run('init', '-input=false', ...mirror ? [`-plugin-dir=${mirror}`] : [])
  }

  /** Resolves with what `apply` would change now, after a refresh. */
  async plan (): Promise<Change[]> {
    await this.#run('plan', '-input=false', '-out=plan')
    const { resource_changes: changes = [] } = JSON.parse(await this.#run('show', '-json', 'plan'))
    return changes.filter(({ change }: any) => change.actions[0] !== 'no-op' && change.actions[0] !== 'read')
      .map(({ address, change }: any) => ({ address, actions: change.actions, what: differences(change) }))
  }

  /** Applies the last plan. */
  apply = (): Promise<string> => this.#run('apply', '-input=false', 'plan')
  /** Refreshes the state. */
  refresh = (): Promise<string> => this.#run('apply', '-refresh-only', '-input=false', '-auto-approve')
  pull = async (): Promise<any> => JSON.parse(await this.#run('state', 'pull'))

  async push (state: object): Promise<void> {
    const file = join(this.#folder, 'changed.json')
    writeFileSync(file, JSON.stringify(state))
    await this.#run('state', 'push', file)
  }

  async #run (...args: string[]): Promise<string> {
    const env = { ...process.env, TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: '/dev/null' }
    try {
      return (await run('terraform', [...args, '-no-color'], { cwd: this.#folder, env, maxBuffer: 2 ** 28 })).stdout
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string, stderr: string }
      throw new Error(`terraform ${args[0]} failed:\n${stderr || stdout}`)
    }
  }
}

/** Returns lines such as `identifier: a → b`, without values that are known only after the change. */
function differences ({ before, after, after_unknown: unknown }: any): string[] {
  if (!before || !after) return []
  const text = (value: unknown): string => JSON.stringify(Array.isArray(value) && value.length === 0 ? null : value)
  return Object.keys(after).filter(name => name !== 'tags_all' && !unknown[name] && text(before[name]) !== text(after[name]))
    .map(name => `${name}: ${shown(before[name])} → ${shown(after[name])}`)
}

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 60 ? '…' : text
}
