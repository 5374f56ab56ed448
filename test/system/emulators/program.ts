import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { waitLimitMs } from '../../harness/patience.ts'

export type Program = { stop: () => Promise<void> }

type Options = {
  env?: Record<string, string>
  /** Resolves with whether the program responds as it should. */
  isReady: () => Promise<boolean>
}

/** Starts a program and resolves when it is ready. Throws with the end of its output if it exits first, or is not ready in time. */
export async function startProgram (command: string, args: string[], { env = {}, isReady }: Options): Promise<Program> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output = (output + chunk.toString()).slice(-4_000) })
  let hasExited = false
  const exited = new Promise<void>(resolve => {
    child.once('error', error => { output += error.message; hasExited = true; resolve() })
    child.once('close', () => { hasExited = true; resolve() })
  })
  process.once('exit', () => child.kill('SIGKILL'))

  const deadline = performance.now() + waitLimitMs
  while (!await isReady().catch(() => false)) {
    if (hasExited || performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`${command} ${hasExited ? 'exited' : 'is not ready'}:\n${output}`)
    }
    await pause(50)
  }
  return {
    async stop () {
      child.kill('SIGKILL') // its data is deleted with the run
      await exited
    },
  }
}
