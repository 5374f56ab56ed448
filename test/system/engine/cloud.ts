import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mockState } from '../../infra/mock-state.ts'

export const account = '123456789012'

export type CloudResource = { type: string, id: string, inputs: Record<string, any>, state: Record<string, any> }

/** The resources that the stand-in providers have made: a file for each. */
export class Cloud {
  readonly #folder: string
  constructor (folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
  }

  create (type: string, name: string, inputs: Record<string, any>): { id: string, state: Record<string, any> } {
    const { id, state } = mockState({ type, name, inputs })
    if (type === 'aws:kms/key:Key') return this.#write({ type, id, inputs, state: { ...state, keyId: id } })
    // The account differs from that of the examples, and the ARN of the boundary is valid in the configuration.
    if (type === 'aws:iam/policy:Policy') return this.#write({ type, id, inputs, state: { ...state, arn: `arn:aws:iam::${account}:policy/${inputs.name}` } })
    if (type !== 'aws:ecs/taskDefinition:TaskDefinition') return this.#write({ type, id, inputs, state })
    const revision = 1 + this.all(type).filter(one => one.state.family === state.family).length
    return this.#write({ type, id: `${id}:${revision}`, inputs, state: { ...state, arn: `${state.arn}:${revision}`, revision } })
  }

  read (type: string, id: string): CloudResource | undefined {
    return this.all(type).find(one => one.id === id)
  }

  update (type: string, id: string, inputs: Record<string, any>): Record<string, any> {
    const before = this.read(type, id)
    if (!before) throw new Error(`${type} ${id} does not exist`)
    return this.#write({ ...before, inputs, state: { ...before.state, ...inputs } }).state
  }

  delete (type: string, id: string): void {
    rmSync(this.#fileOf(type, id))
  }

  all (type?: string): CloudResource[] {
    const resources = readdirSync(this.#folder).map(file => JSON.parse(readFileSync(join(this.#folder, file), 'utf8')) as CloudResource)
    return type === undefined ? resources : resources.filter(one => one.type === type)
  }

  #write (resource: CloudResource): CloudResource {
    writeFileSync(this.#fileOf(resource.type, resource.id), JSON.stringify(resource))
    return resource
  }

  #fileOf (type: string, id: string): string {
    return join(this.#folder, encodeURIComponent(`${type} ${id}`))
  }
}
