import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { once } from 'node:events'
import t from 'tap'
import { identityOf, isRunning } from '../../../dev/processes/identity.ts'
import { until } from '../program.ts'

t.test('a process is known by its number and its start', async t => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(child, 'spawn')
  const identity = identityOf(child.pid!)!
  t.ok(isRunning(identity))
  t.same(identityOf(child.pid!), identity, 'the same each time')
  t.notOk(isRunning({ ...identity, startedAt: 'another' }), 'another process of that number is another')
  t.notSame(identityOf(process.pid)!.startedAt, identity.startedAt)
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.notOk(isRunning(identity))
  t.equal(identityOf(child.pid!), undefined)
})

t.test('a zombie process counts as exited', { skip: process.platform !== 'linux' && 'needs /proc' }, async t => {
  // The shell becomes a program that does not know its child.
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'])
  t.teardown(() => parent.kill('SIGKILL'))
  const [pid] = await once(parent.stdout.setEncoding('utf8'), 'data') as [string]
  await until('the child ends', () => identityOf(Number(pid)) === undefined)
  t.ok(existsSync(`/proc/${Number(pid)}`), 'its number is still taken')
})
