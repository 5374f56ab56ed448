import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { childEnvironment } from '../harness/child-environment.ts'
import type { Answer } from './program-process.ts'
import type { Declaration, Declared, Entry } from './run-entry.ts'
import { configOf, readYaml } from './stack-files.ts'

export type { Declared } from './run-entry.ts'

export interface Program extends Declaration {
  stack: string
  of: (type: string) => Declared[]
  named: (name: string, type?: string) => Declared
}

/** Runs infra/index.ts for a stack without an engine, and returns what the program declared. */
export const runProgram = (stack: string, changes: Record<string, unknown> = {}, others: Record<string, unknown> = {}): Promise<Program> =>
  runOnce({ file: 'index.ts', project: 'freight-rates', stack, settings: { ...configOf(stack, changes), ...others } })

/** Runs the first preview of a stack: values that AWS has yet to make are unknown. */
export const runPreview = (stack: string, changes: Record<string, unknown> = {}): Promise<Program> =>
  runOnce({ file: 'index.ts', project: 'freight-rates', stack, settings: configOf(stack, changes), isPreview: true })

/** Runs the program of an account, which runs before any stack of the account. */
export const runBootstrap = (stack: string, changes: Record<string, unknown> = {}): Promise<Program> => runOnce({
  file: 'bootstrap/index.ts', project: 'freight-bootstrap', stack, settings: {
    ...readYaml(`infra/bootstrap/Pulumi.${stack}.yaml`).config, 'freight-bootstrap:githubRepository': 'example/freight-rates', 'freight-bootstrap:region': 'eu-west-1', ...changes,
  },
})

const programs = new Map<string, Promise<Program>>()
let last: Promise<unknown> = Promise.resolve()

/** Runs the program, after the one before it, unless it ran with the same settings. */
async function runOnce (entry: Entry): Promise<Program> {
  const key = JSON.stringify({ ...entry, settings: Object.entries(entry.settings).sort() })
  if (!programs.has(key)) {
    const program = last.then(async () => toProgram(entry.stack, await request(entry)))
    programs.set(key, program)
    last = program.catch(() => {})
  }
  return await programs.get(key)!
}

let running: { child: ChildProcess, exited: Promise<never> } | undefined

/**
 * Runs the program in a process of its own, which all programs of a test file share: tap follows every promise of a test's process, and Pulumi
 * creates thousands. Pulumi also writes a stack trace for each one, so that shorter traces save time.
 */
async function request (entry: Entry): Promise<Declaration> {
  running ??= start()
  const { child, exited } = running
  for (const handle of [child, child.channel!]) handle.ref()
  child.send(entry)
  const [answer] = await Promise.race([once(child, 'message') as Promise<[Answer]>, exited])
  for (const handle of [child, child.channel!]) handle.unref() // The process ends with this one.
  if ('declaration' in answer) return answer.declaration
  throw Object.assign(answer.error, { isRunError: answer.isRunError })
}

function start (): NonNullable<typeof running> {
  const child = fork(join(import.meta.dirname, 'program-process.ts'), {
    env: childEnvironment, execArgv: ['--stack-trace-limit=3'], serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'],
  })
  const exited = once(child, 'exit').then(([code]) => { throw new Error(`the process of the programs exited with ${code}`) })
  exited.catch(() => {})
  return { child, exited }
}

const toProgram = (stack: string, declaration: Declaration): Program => ({
  stack,
  ...declaration,
  of: type => declaration.all.filter(one => one.type === type),
  named (name, type) {
    const found = declaration.all.filter(one => one.name === name && (type === undefined || one.type === type) && one.custom)
    if (found.length !== 1) throw new Error(`${found.length} resources are named ${name} ${type ?? ''}`)
    return found[0]!
  },
})

const secretMark = '4dabf18193072939515e22adb298388d'
export const isSecret = (value: any): boolean => typeof value === 'object' && value !== null && secretMark in value
/** Returns the content of a marked value. */
export const open = (value: any): any => isSecret(value) ? value.value : value
