import { spawn, type ChildProcess } from 'node:child_process'
import t from 'tap'
import { openOutput } from '../../../dev/processes/output.ts'
import { runUntilExit } from '../../../dev/processes/run-until-exit.ts'
import { openReporter } from '../../../dev/reporter.ts'
import { patience } from '../../harness/patience.ts'

const output = openOutput('child', { ...openReporter(), print: () => {} })
const run = (program: string): ChildProcess => spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'pipe'] })
const silenceMs = 2_000 * patience

t.test('a program may run for longer than its longest silence', async t => {
  const writing = run(`const end = Date.now() + ${1.5 * silenceMs}; setInterval(() => { console.log('more'); if (Date.now() > end) process.exit(3) }, 50)`)
  t.same(await runUntilExit(writing, output, { silenceMs, signal: new AbortController().signal }), { code: 3, signal: null, wasSilent: false })
})

t.test('a program that writes nothing is killed, and every program when the run stops', async t => {
  const idle = 'setInterval(() => {}, 1_000)'
  t.same(await runUntilExit(run(idle), output, { silenceMs: 100, signal: new AbortController().signal }), { code: null, signal: 'SIGKILL', wasSilent: true })
  const stopping = new AbortController()
  const stopped = runUntilExit(run(idle), output, { silenceMs: 600_000, signal: stopping.signal })
  stopping.abort()
  t.same(await stopped, { code: null, signal: 'SIGKILL', wasSilent: false })
})
