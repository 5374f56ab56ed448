import * as pulumi from '@pulumi/pulumi'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mockState } from './mock-state.ts'
import { asExample } from './example-settings.ts'

const root = join(import.meta.dirname, '../..')
const yaml = createRequire(createRequire(import.meta.url).resolve('@pulumi/pulumi'))('js-yaml') as { load: (text: string) => unknown }

/** A resource as the program declared it. */
export interface Declared {
  type: string
  name: string
  urn: string
  parent: string
  custom: boolean
  /** Inputs as they are sent to the engine: secrets are marked objects, see `isSecret`. */
  inputs: Record<string, any>
  protect: boolean
  ignoreChanges: string[]
  dependsOn: string[]
  provider: string
  beforeCreate: string[]
  beforeUpdate: string[]
  timeouts: Record<string, string>
}

export interface Program {
  stack: string
  all: Declared[]
  outputs: Record<string, any>
  /** Functions of the provider that the program called. */
  called: string[]
  of: (type: string) => Declared[]
  named: (name: string, type?: string) => Declared
}

/** Returns the configuration of a stack from its file, with `changes` to its keys and example values for an account's own settings. */
export function configOf (stack: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const { config } = yaml.load(readFileSync(join(root, `Pulumi.${stack}.yaml`), 'utf8')) as { config: Record<string, unknown> }
  return { ...asExample(stack, config), ...Object.fromEntries(Object.entries(changes).map(([key, value]) => [`freight-rates:${key}`, value])) }
}

export const readYaml = (name: string): any => yaml.load(readFileSync(join(root, name), 'utf8'))

let runs = 0

/** Runs infra/index.ts for a stack without an engine, and returns what the program declared. */
export const runProgram = (stack: string, changes: Record<string, unknown> = {}, others: Record<string, unknown> = {}): Promise<Program> =>
  runEntry('index.ts', 'freight-rates', stack, { ...configOf(stack, changes), ...others })

/** Runs the program of an account, which runs before any stack of the account. */
export const runBootstrap = (stack: string, changes: Record<string, unknown> = {}): Promise<Program> => runEntry('bootstrap/index.ts', 'freight-bootstrap', stack, {
  ...readYaml(`infra/bootstrap/Pulumi.${stack}.yaml`).config, 'freight-bootstrap:githubRepository': 'example/freight-rates', 'freight-bootstrap:region': 'eu-west-1', ...changes,
})

type ResourceMock = (resource: pulumi.runtime.MockResourceArgs) => { id: string, state: Record<string, any> }

/** Runs the first preview of a stack: values that AWS has yet to make are unknown. */
export const runPreview = (stack: string, changes: Record<string, unknown> = {}): Promise<Program> =>
  runEntry('index.ts', 'freight-rates', stack, configOf(stack, changes), mockState, true)

/** Runs any program: `entry` is its file in infra/; `answer` returns what AWS would add to the program's resources. */
export async function runEntry (
  entry: string, project: string, stack: string, settings: Record<string, unknown>, mock: ResourceMock = mockState, isPreview = false
): Promise<Program> {
  const config = Object.entries(settings).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)])
  pulumi.runtime.setAllConfig(Object.fromEntries(config))
  const called: string[] = []
  await pulumi.runtime.setMocks({
    newResource: isPreview ? ({ inputs }) => ({ id: undefined, state: inputs }) : mock,
    call ({ token, inputs }) {
      called.push(token)
      return { ...inputs, userName: 'AWS', password: 'token', accountId: '111111111111' }
    },
  }, project, stack, isPreview)
  const all: Declared[] = []
  listen(all)
  // A new address is a new module: the program runs again. Its components are the same.
  const outputs = { ...await import(`../../infra/${entry}?run=${++runs}`) } as Record<string, any>
  await pulumi.runtime.disconnect()
  if (!isPreview) for (const [name, value] of Object.entries(outputs)) outputs[name] = await valueOf(value)
  return {
    stack,
    all,
    outputs,
    called,
    of: type => all.filter(one => one.type === type),
    named (name, type) {
      const found = all.filter(one => one.name === name && (type === undefined || one.type === type) && one.custom)
      if (found.length !== 1) throw new Error(`${found.length} resources are named ${name} ${type ?? ''}`)
      return found[0]!
    },
  }
}

const valueOf = (value: any): Promise<unknown> => new Promise(resolve => { pulumi.output(value).apply((plain: unknown) => { resolve(plain) }) })

/** Mocks do not receive the options of a resource; the request to the engine has them. */
function listen (all: Declared[]): void {
  const monitor = pulumi.runtime.getMonitor() as any
  const register = monitor.registerResource.bind(monitor)
  monitor.registerResource = (request: any, done: (error: unknown, response: any) => void) => register(request, (error: unknown, response: any) => {
    const hooks = request.getHooks()
    all.push({
      type: request.getType(),
      name: request.getName(),
      urn: response?.getUrn() ?? '',
      parent: request.getParent(),
      custom: request.getCustom(),
      inputs: request.getObject()?.toJavaScript() ?? {},
      protect: request.getProtect() ?? false,
      ignoreChanges: request.getIgnorechangesList(),
      dependsOn: request.getDependenciesList(),
      provider: request.getProvider(),
      beforeCreate: hooks?.getBeforeCreateList() ?? [],
      beforeUpdate: hooks?.getBeforeUpdateList() ?? [],
      timeouts: request.getCustomtimeouts()?.toObject() ?? {},
    })
    done(error, response)
  })
}

const secretMark = '4dabf18193072939515e22adb298388d'
export const isSecret = (value: any): boolean => typeof value === 'object' && value !== null && secretMark in value
/** Returns the content of a marked value. */
export const open = (value: any): any => isSecret(value) ? value.value : value
