import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { locate } from './locate.ts'

t.test('the emulators are at the paths of the variables, or where fetch.sh puts them; a missing one is named', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-emulators-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const missing = (env: NodeJS.ProcessEnv) => (locate(env, folder) as { missing?: string[] }).missing
  t.match(missing({}), [new RegExp(`${folder}/elasticmq.*fetch\\.sh.*ELASTICMQ`), new RegExp(`${folder}/versitygw.*fetch\\.sh.*VERSITYGW`)])
  t.match(missing({ ELASTICMQ: folder }), [/VERSITYGW/])
  t.match(missing({ ELASTICMQ: folder, VERSITYGW: join(folder, 'nowhere') }), [/nowhere/])

  mkdirSync(join(folder, 'elasticmq'))
  writeFileSync(join(folder, 'versitygw'), '')
  t.same(locate({}, folder), { elasticMq: join(folder, 'elasticmq'), versitygw: join(folder, 'versitygw') })
  t.same(locate({ ELASTICMQ: '', VERSITYGW: folder }, folder), { elasticMq: join(folder, 'elasticmq'), versitygw: folder })
})
