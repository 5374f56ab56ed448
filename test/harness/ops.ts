import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { childEnvironment } from './child-environment.ts'

export type Run = { code: number | null, stdout: string, stderr: string }

/** Runs `npm run ops -- …args` as a separate process. */
export function ops (args: string[], env: Record<string, string> = {}): Promise<Run> {
  return new Promise(resolve => {
    const child = execFile(process.execPath, [join(import.meta.dirname, '../../services/ops/main.ts'), ...args], { env: { ...childEnvironment, ...env } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }))
  })
}
