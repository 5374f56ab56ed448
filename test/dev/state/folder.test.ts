import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { locateState, openState } from '../../../dev/state/folder.ts'
import { existingOwner } from '../../../dev/postgres/owner.ts'
import { markerFileName } from '../../../dev/state/marker-file.ts'
import { resetState } from '../../../dev/state/reset.ts'
import { runProgram, stateFolder } from '../program.ts'

t.test('one name for one folder, however the path is written and whether the folder exists', async t => {
  const { stateDir, state } = stateFolder(t)
  t.equal(state.folder, stateDir)
  const symlinkPath = join(dirname(stateDir), 'link')
  symlinkSync(dirname(stateDir), symlinkPath)
  t.same(locateState(join(symlinkPath, 'state')), state)
  t.same(openState(join(symlinkPath, 'state')), state)
  t.same(locateState(stateDir), state)
  t.not(locateState(`${stateDir}2`).name, state.name)
  t.equal(statSync(stateDir).mode & 0o066, 0, 'closed to others')
})

t.test('a reset deletes the files of a start, and no other folder', async t => {
  const { stateDir } = stateFolder(t)
  const state = openState(stateDir)
  mkdirSync(join(stateDir, 'postgres'))
  writeFileSync(join(stateDir, 'passwords.json'), '{}')
  writeFileSync(join(stateDir, 'lock-1-2'), '')
  t.equal(resetState(state, '/nowhere'), 2)
  t.same(readdirSync(stateDir).toSorted(), ['diagnostics', 'lock-1-2', markerFileName].toSorted())
  t.equal(resetState(state, '/nowhere'), 0)

  rmSync(join(stateDir, markerFileName))
  writeFileSync(join(stateDir, 'passwords.json'), '{}')
  t.throws(() => resetState(state, '/nowhere'), 'one file alone')
  mkdirSync(join(stateDir, 'postgres'))
  t.equal(resetState(state, '/nowhere'), 2, 'a folder of a release that wrote no mark')

  const other = join(dirname(stateDir), 'other')
  mkdirSync(other)
  writeFileSync(join(other, 'thesis.txt'), 'x')
  const folder = openState(other)
  t.throws(() => resetState(folder, '/nowhere'), { message: /did not make this folder/ })
  t.ok(existsSync(join(other, 'thesis.txt')))
  t.equal(resetState(folder, other), 1, 'the folder of the clone is a state folder')
})

t.test('npm start --help, and an unknown argument', async t => {
  const help = runProgram(t, 'dev/start.ts', ['--help'])
  t.match(await help.exit(), { code: 0 })
  t.match(help.output(), /--reset/)
  const wrong = runProgram(t, 'dev/start.ts', ['--rest'])
  t.match(await wrong.exit(), { code: 2 })
  t.match(wrong.output(), /--rest/)
})

t.test('below a folder that PostgreSQL\'s user cannot enter', { skip: !existingOwner() && 'needs root and a user postgres' }, async t => {
  const { stateDir } = stateFolder(t)
  const closed = join(dirname(stateDir), 'closed')
  mkdirSync(closed, { mode: 0o700 })
  const { folder, name } = locateState(join(closed, '.state'))
  t.equal(folder, `/var/lib/${name}`)
  t.match(name, /^freight-rates-[0-9a-f]{12}$/)
})
