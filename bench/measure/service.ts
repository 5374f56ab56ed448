import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { freePort } from '../../test/harness/free-port.ts'

export type Service = {
  url: string
  pid: number
  /** Returns the maximum resident memory of the process so far, in MiB. */
  peakMiB: () => number
  stop: () => void
}

/** Starts a process of a checkout, and waits until it is ready. It is also stopped if the benchmark fails. Linux only. */
export async function startService (root: string, name: string, env: Record<string, string>): Promise<Service> {
  const port = await freePort()
  const child = spawn(process.execPath, [`services/${name}/main.ts`], {
    cwd: root, env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), ...env }, stdio: ['ignore', 'ignore', 'inherit'],
  })
  const stop = (): void => { child.kill('SIGKILL') }
  process.once('exit', stop)
  const url = `http://127.0.0.1:${port}`
  while (!await fetch(`${url}/ready`).then(({ ok }) => ok, () => false)) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return {
    url,
    pid: child.pid!,
    peakMiB: () => Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024,
    stop,
  }
}
