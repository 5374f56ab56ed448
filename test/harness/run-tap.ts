import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { failedFiles, failureSummary } from './failed-tests.ts'
import { fileLimitMs } from './patience.ts'
import type { TestSystem } from './system.ts'

const root = join(import.meta.dirname, '../..')
const tapRunner = join(root, 'node_modules/tap/dist/esm/run.mjs')

/**
 * Runs tap on the named test files, or on all of them, and resolves with its exit code. The output of a failed run ends with the failed tests and
 * the command that runs each file alone.
 */
export async function runTap (system: TestSystem, files: string[], command = 'npm test'): Promise<number> {
  const startedAt = Date.now()
  await buildTap()
  const tap = spawn(process.execPath, [tapRunner, ...files], {
    stdio: 'inherit',
    env: {
      ...process.env,
      TAP_TIMEOUT: process.env.TAP_TIMEOUT ?? String(fileLimitMs / 1_000),
      TEST_SYSTEM: JSON.stringify(system),
      // About a hundred processes share this compile cache.
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/tests'),
    },
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => tap.kill(signal))
  const exitCode = await new Promise<number>(resolve => tap.once('exit', code => resolve(code ?? 1)))
  if (exitCode !== 0) console.error(`\n${failureSummary(failedFiles(join(root, '.tap/test-results'), startedAt), command)}`)
  return exitCode
}

/**
 * Builds tap without the plugins that .taprc removes. The first run after an installation would do so too, but loads each of its files with the
 * removed plugin for TypeScript (tap 21.8.0, findings/tap-removed-plugin.sh), which cannot resolve every package.
 */
async function buildTap (): Promise<void> {
  const run = promisify(execFile)
  const { stdout: nodeOptions } = await run(process.execPath, [tapRunner, 'node-options'], { cwd: root })
  if (nodeOptions.includes('/@tapjs/typescript/')) await run(process.execPath, [tapRunner, 'build'], { cwd: root })
}
