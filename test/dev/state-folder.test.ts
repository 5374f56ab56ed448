import { mkdirSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { locateState, openState } from '../../dev/state/folder.ts'
import { existingOwner } from '../../dev/postgres/owner.ts'
import { stateFolder } from './program.ts'

t.test('one name for one folder, however it is written and whether it is there yet', async t => {
  const { stateDir, state } = stateFolder(t)
  t.equal(state.folder, stateDir)
  const link = join(dirname(stateDir), 'link')
  symlinkSync(dirname(stateDir), link)
  t.same(locateState(join(link, 'state')), state)
  t.same(openState(join(link, 'state')), state)
  t.same(locateState(stateDir), state)
  t.not(locateState(`${stateDir}2`).name, state.name)
  t.equal(statSync(stateDir).mode & 0o066, 0, 'closed to others')
})

t.test('below a folder that PostgreSQL\'s user cannot enter', { skip: !existingOwner() && 'needs root and a user postgres' }, async t => {
  const { stateDir } = stateFolder(t)
  const closed = join(dirname(stateDir), 'closed')
  mkdirSync(closed, { mode: 0o700 })
  const { folder, name } = locateState(join(closed, '.state'))
  t.equal(folder, `/var/lib/${name}`)
  t.match(name, /^freight-rates-[0-9a-f]{12}$/)
})
