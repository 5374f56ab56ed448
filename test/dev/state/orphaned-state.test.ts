import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { removeOrphanedState } from '../../../dev/state/orphaned-state.ts'
import { stateFolder } from '../program.ts'

t.test('state inside the clone is not removed', async t => {
  const { stateDir, state } = stateFolder(t)
  t.equal(removeOrphanedState(state, stateDir), false)
  t.notOk(existsSync(stateDir))
})

t.test('state outside the clone lives as long as the clone\'s state folder', async t => {
  const { stateDir, state } = stateFolder(t)
  const folder = join(dirname(stateDir), 'elsewhere')
  mkdirSync(folder)
  const externalState = { ...state, folder }
  const data = join(folder, 'data')
  t.equal(removeOrphanedState(externalState, stateDir), false, 'the first time there is no state')
  writeFileSync(data, '')
  t.equal(removeOrphanedState(externalState, stateDir), false)
  t.ok(existsSync(data), 'the same from start to start')

  const lock = join(folder, 'lock-1-2')
  writeFileSync(lock, '')
  rmSync(stateDir, { recursive: true }) // as a fresh clone in the same place does
  t.equal(removeOrphanedState(externalState, stateDir), true)
  t.notOk(existsSync(data))
  t.ok(existsSync(lock), 'the lock of the running command remains')
  t.equal(removeOrphanedState(externalState, stateDir), false)
})
