import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { childEnvironment } from '../harness/child-environment.ts'

export type Run = { code: number | null, stdout: string, stderr: string }

export type FakePulumi = {
  /** `npm run NAME -- …args` with the fake on the path. */
  npmRun: (name: 'stack' | 'ops', args: string[], env?: Record<string, string>) => Promise<Run>
  /** What it was called with so far, a line each. */
  calls: () => string[]
}

/** A `pulumi` that notes how it is called; its stacks and their outputs are `outputs`, and a command in `failing` fails. */
export function fakePulumi (t: Test, outputs: Record<string, object>, failing: string[] = []): FakePulumi {
  const folder = t.testdir({
    pulumi: `#!${process.execPath}
const { appendFileSync } = require('node:fs')
const args = process.argv.slice(2).join(' ')
appendFileSync(__dirname + '/calls', args + '\\n')
const outputs = ${JSON.stringify(outputs)}
if (${JSON.stringify(failing)}.some(start => args.startsWith(start))) { console.error('error: so it is'); process.exit(255) }
if (args.startsWith('stack ls')) console.log(JSON.stringify(Object.keys(outputs).map(name => ({ name: 'organization/freight-rates/' + name }))))
else if (args.startsWith('stack output')) console.log(JSON.stringify(outputs[/--stack (\\S+)/.exec(args)[1]]))
else console.log('pulumi: ' + args)
`,
  })
  chmodSync(join(folder, 'pulumi'), 0o755)
  const calls = join(folder, 'calls')
  return {
    npmRun: (name, args, env = {}) => npmRun(name, args, { PATH: `${folder}:${dirname(process.execPath)}`, ...env }),
    calls: () => existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : [],
  }
}

/** With nothing in its environment but `env` and, unless it says otherwise, some credentials. */
export function npmRun (name: 'stack' | 'ops', args: string[], env: Record<string, string>): Promise<Run> {
  const credentials = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' }
  return new Promise(resolve => {
    const file = join(import.meta.dirname, '../../infra/commands', `${name}.ts`)
    const child = execFile(process.execPath, [file, ...args], { env: { ...childEnvironment, ...credentials, ...env } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }))
    child.stdin?.end()
  })
}
