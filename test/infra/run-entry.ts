import * as pulumi from '@pulumi/pulumi'
import { mockState } from './mock-state.ts'

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

/** The resources, exports and calls of one run of a program. */
export interface Declaration {
  all: Declared[]
  /** The exports of the program; empty in a preview, which does not know most of them. */
  outputs: Record<string, any>
  /** Functions of the provider that the program called. */
  called: string[]
}

export interface Entry {
  /** File in infra/. */
  file: string
  project: string
  stack: string
  settings: Record<string, unknown>
  isPreview?: boolean
}

type ResourceMock = (resource: pulumi.runtime.MockResourceArgs) => { id: string, state: Record<string, any> }

let runs = 0

/** Runs a program in this process, without an engine. `mock` returns what AWS would add to the program's resources. */
export async function runEntry ({ file, project, stack, settings, isPreview = false }: Entry, mock: ResourceMock = mockState): Promise<Declaration> {
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
  const exported = await import(`../../infra/${file}?run=${++runs}`) as Record<string, unknown>
  await pulumi.runtime.disconnect()
  const outputs: Record<string, unknown> = {}
  if (!isPreview) for (const [name, value] of Object.entries(exported)) outputs[name] = await valueOf(value)
  return { all, outputs, called }
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
