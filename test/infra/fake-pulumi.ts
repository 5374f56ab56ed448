import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { childEnvironment } from '../harness/child-environment.ts'

/** The commands of infra/commands. */
export type Command = 'stack' | 'ops' | 'restore'
export type Run = { code: number | null, stdout: string, stderr: string }

export type FakePulumi = {
  /** Runs `npm run NAME -- …args` with the fake on the path. */
  npmRun: (name: Command, args: string[], env?: Record<string, string>) => Promise<Run>
  /** Returns the calls so far, a line each. */
  calls: () => string[]
  /** Returns the state as it was last imported. */
  imported: () => any
}

type Outputs = Record<string, object>

/**
 * Creates a `pulumi` that records its calls. Its stacks and their outputs are `outputs`, those of the bootstrap are `bootstrap`. A command that
 * begins like one of `failing` fails. `state` is the export of every stack.
 */
export function fakePulumi (t: Test, outputs: Outputs, failing: string[] = [], state: object = {}, bootstrap: Outputs = {}): FakePulumi {
  const folder = t.testdir({
    pulumi: `#!${process.execPath}
import { appendFileSync, copyFileSync, readFileSync } from 'node:fs'
const args = process.argv.slice(2).join(' ')
appendFileSync(import.meta.dirname + '/calls', args + '\\n')
const outputs = args.includes('--cwd infra/bootstrap') ? ${JSON.stringify(bootstrap)} : ${JSON.stringify(outputs)}
if (${JSON.stringify(failing)}.some(start => args.startsWith(start))) { console.error('error: so it is'); process.exit(255) }
if (args.startsWith('stack ls')) console.log(JSON.stringify(Object.keys(outputs).map(name => ({ name: 'organization/freight-rates/' + name }))))
else if (args.startsWith('stack output')) console.log(JSON.stringify(outputs[/--stack (\\S+)/.exec(args)[1]]))
else if (args.startsWith('stack export')) process.stdout.write(readFileSync(import.meta.dirname + '/state.json', 'utf8'))
else if (args.startsWith('stack import')) copyFileSync(/--file (\\S+)/.exec(args)[1], import.meta.dirname + '/imported.json')
else console.log('pulumi: ' + args)
`,
  })
  writeFileSync(join(folder, 'state.json'), JSON.stringify(state))
  chmodSync(join(folder, 'pulumi'), 0o755)
  const calls = join(folder, 'calls')
  return {
    npmRun: (name, args, env = {}) => npmRun(name, args, { PATH: `${folder}:${dirname(process.execPath)}`, ...env }),
    calls: () => existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : [],
    imported: () => JSON.parse(readFileSync(join(folder, 'imported.json'), 'utf8')),
  }
}

/** Runs the command with no environment but `env` and, unless `env` overrides them, test credentials. */
export function npmRun (name: Command, args: string[], env: Record<string, string>): Promise<Run> {
  const credentials = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' }
  return new Promise(resolve => {
    const file = join(import.meta.dirname, '../../infra/commands', `${name}.ts`)
    const child = execFile(process.execPath, [file, ...args], { env: { ...childEnvironment, ...credentials, ...env } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }))
    child.stdin?.end()
  })
}
