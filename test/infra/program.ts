import * as pulumi from '@pulumi/pulumi'
import { mockState } from './mock-state.ts'
import { configOf, readYaml } from './stack-files.ts'

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

let runs = 0
const programs = new Map<string, Promise<Program>>()

/** Runs infra/index.ts for a stack without an engine, and returns what the program declared: the same object for the same configuration. */
export async function runProgram (stack: string, changes: Record<string, unknown> = {}, others: Record<string, unknown> = {}): Promise<Program> {
  const settings = { ...configOf(stack, changes), ...others }
  const key = JSON.stringify([stack, Object.entries(settings).sort()])
  if (!programs.has(key)) programs.set(key, runEntry('index.ts', 'freight-rates', stack, settings))
  return await programs.get(key)!
}

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
  const outputs = await withShortTraces(async () => {
    const exported = { ...await import(`../../infra/${entry}?run=${++runs}`) } as Record<string, any>
    await pulumi.runtime.disconnect()
    return exported
  })
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

/** Pulumi writes a stack trace for each of its promises. Traces of the usual depth, with the source maps that tap enables, took most of the time. */
async function withShortTraces<T> (run: () => Promise<T>): Promise<T> {
  process.setSourceMapsEnabled(false)
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 3
  try {
    return await run()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    process.setSourceMapsEnabled(true)
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
