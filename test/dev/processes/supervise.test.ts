import t from 'tap'
import { findProcesses, type FoundProcess, type Role } from '../../../dev/processes/find.ts'
import type { State } from '../../../dev/state/folder.ts'
import { runProgram, stateFolder, until } from '../program.ts'

const find = (state: State, role: Role): FoundProcess => findProcesses(state).find(one => one.role === role)!
const program = 'test/dev/fixtures/supervisor.ts'

t.test('a program that dies is restarted, and exits in order on SIGTERM', async t => {
  const { stateDir, state } = stateFolder(t)
  const supervisor = runProgram(t, program, [stateDir, 'lives'])
  await supervisor.line(/^child +warn: careful \(it is hot\)$/)
  await supervisor.line(/^child +written$/)
  const first = find(state, 'service')
  process.kill(first.pid, 'SIGKILL')
  await supervisor.line(/^child +was killed by SIGKILL: restarting/)
  await supervisor.line(/^child +ready after a restart/)
  // Output that is still in the pipe would be lost when the child is killed, so wait for it.
  await until('the new child has written all', () => supervisor.output().match(/^child +written$/gm)?.length === 2)
  t.not(find(state, 'service').pid, first.pid)

  process.kill(find(state, 'watchdog').pid, 'SIGKILL')
  await supervisor.line(/^watchdog +ready after a restart/)

  supervisor.child.kill('SIGTERM')
  t.same(await supervisor.exit(), { code: 0, signal: null })
  t.match(supervisor.output(), /stopping +SIGTERM.*\n(.*\n)*child +SIGTERM received\n(.*\n)*stopped /)
  t.same(findProcesses(state), [])
})

t.test('a program that does not exit in time is killed', async t => {
  const { stateDir, state } = stateFolder(t)
  const supervisor = runProgram(t, program, [stateDir, 'stays'])
  await supervisor.line(/^supervising/)
  supervisor.child.kill('SIGINT')
  await supervisor.line(/^child +has not exited after 1 s: sending SIGKILL/)
  t.same(await supervisor.exit(), { code: 0, signal: null })
  t.same(findProcesses(state), [])
})

t.test('a second signal kills every program at once', async t => {
  const { stateDir, state } = stateFolder(t)
  const supervisor = runProgram(t, program, [stateDir, 'stays'], { STOP_LIMIT_MS: '60000' })
  await supervisor.line(/^supervising/)
  supervisor.child.kill('SIGINT')
  await supervisor.line(/^child +SIGTERM received/)
  const again = setInterval(() => supervisor.child.kill('SIGINT'), 200) // the first signals count as the same Ctrl-C
  t.teardown(() => clearInterval(again))
  t.same(await supervisor.exit(), { code: 1, signal: null })
  t.same(findProcesses(state), [])
})

t.test('a program that does not start is a failure: its last lines, one sentence, exit code 1', async t => {
  const { stateDir, state } = stateFolder(t)
  const supervisor = runProgram(t, program, [stateDir, 'fails'])
  t.same(await supervisor.exit(), { code: 1, signal: null })
  t.match(supervisor.output(), /^ {2}no such luck\nchild does not start: it exited with code 3\.$/m)
  t.notMatch(supervisor.output(), /^ {4}at /m, 'no stack')
  t.same(findProcesses(state), [])
})

t.test('a kill -9 of the supervisor ends every program', async t => {
  const { stateDir, state } = stateFolder(t)
  const supervisor = runProgram(t, program, [stateDir, 'lives'])
  await supervisor.line(/^supervising/)
  t.equal(findProcesses(state).length, 2)
  supervisor.child.kill('SIGKILL')
  await until('all have exited', () => findProcesses(state).length === 0)
})

t.test('a kill -9 of every process with "node" in its name leaves the watchdog', async t => {
  const { stateDir, state } = stateFolder(t)
  const supervisor = runProgram(t, program, [stateDir, 'lives'])
  await supervisor.line(/^supervising/)
  await until('it has its own name', () => find(state, 'watchdog').command.startsWith(`${state.name}: watchdog`))
})
