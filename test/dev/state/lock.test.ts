import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openState } from '../../../dev/state/folder.ts'
import { takeLock } from '../../../dev/state/lock.ts'
import { runProgram, stateFolder } from '../program.ts'

const locksIn = (folder: string): string[] => readdirSync(folder).filter(name => name.startsWith('lock-'))

t.test('one holder at a time, until it exits for any reason', async t => {
  const { stateDir } = stateFolder(t)
  const holder = runProgram(t, 'test/dev/fixtures/lock-holder.ts', [stateDir])
  await holder.line(/^taken/)
  const other = runProgram(t, 'test/dev/fixtures/lock-holder.ts', [stateDir])
  t.match(await other.line(/./), new RegExp(`is running \\(process ${holder.child.pid}\\)`))
  t.match(await other.exit(), { code: 0 })
  t.equal(locksIn(stateDir).length, 1, 'a refused process leaves no file')

  holder.child.kill('SIGKILL')
  await holder.exit()
  const release = takeLock(openState(stateDir))
  t.equal(locksIn(stateDir).length, 1, 'the lock of the dead process is removed')
  release()
  t.same(locksIn(stateDir), [])
})

t.test('a lock whose process number now belongs to another process is stale', async t => {
  const { stateDir } = stateFolder(t)
  const state = openState(stateDir)
  writeFileSync(join(stateDir, `lock-${process.ppid}-1`), '')
  takeLock(state)()
  t.same(locksIn(stateDir), [])
})
