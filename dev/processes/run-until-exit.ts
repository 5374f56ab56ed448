import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Output } from './output.ts'

export type Exit = {
  code: number | null
  signal: NodeJS.Signals | null
  /** The child was killed because it wrote nothing for too long. */
  wasSilent: boolean
}

/** Resolves when the child has exited. Kills it if it writes nothing for `silenceMs`, and when `signal` is aborted. */
export async function runUntilExit (
  child: ChildProcess, output: Output, { silenceMs, signal }: { silenceMs: number, signal: AbortSignal }
): Promise<Exit> {
  const kill = (): boolean => child.kill('SIGKILL')
  let wasSilent = false
  const limit = setTimeout(() => { wasSilent = kill() }, silenceMs)
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', () => limit.refresh())
  signal.addEventListener('abort', kill)
  try {
    const [code, exitSignal] = await once(output.read(child), 'close') as [Exit['code'], Exit['signal']]
    return { code, signal: exitSignal, wasSilent }
  } finally {
    clearTimeout(limit)
    signal.removeEventListener('abort', kill)
  }
}
