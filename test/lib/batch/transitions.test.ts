import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import t from 'tap'
import { states, type Manifest } from '../../../lib/batch/batch.ts'
import type { Checked, Discarded } from '../../../lib/batch/store/decision.ts'
import {
  beginBatch, deadLetterBatch, holdBatch, markApplied, markChecked, markDiscarded, markWithdrawn, redriveBatch, releaseBatch, requeueBatch,
  transitions,
} from '../../../lib/batch/transitions.ts'
import { database } from '../../harness/database.ts'
import { stateUpdates, statementsOnBatches } from './state-updates.ts'

const root = join(import.meta.dirname, '../../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
/** The code block of a document that has the state `dead_lettered` as the target of an arrow, by lines. */
const diagramOf = (path: string): string[] =>
  [...read(path).matchAll(/^```\w*\n([\s\S]*?)^```/gm)].find(([, block]) => block!.includes('▶ dead_lettered'))![1]!.trimEnd().split('\n')

const id = 'a'.repeat(64)
const manifest = {
  id, provider: 'demo', mode: 'apply', format: 'csv', digest: 'b'.repeat(64), bytes: 1, decodedBytes: 1, acceptedAt: '2026-01-02T03:04:05.678Z',
  name: { kind: 'key', value: 'january' },
} as Manifest
const decidedAt = '2026-01-02T03:04:06.000000Z'
const checked = (state: Checked['state']): Checked =>
  ({ version: 1, id, provider: 'demo', state, decidedAt, rows: 1, errors: 0, firstErrors: [], lastLineEnded: true, under: null })
const discarded: Discarded = { version: 1, id, provider: 'demo', state: 'discarded', decidedAt, actor: { name: 'someone', reason: 'obsolete' } }

const functions: Record<keyof typeof transitions, (sql: Sql) => Promise<unknown>> = {
  begin: sql => beginBatch(sql, id),
  requeue: sql => requeueBatch(sql, id, 'X: y'),
  apply: sql => markApplied(sql, manifest, { rows: 1, lastLineEnded: true, contentDigest: manifest.digest }),
  validate: sql => markChecked(sql, checked('validated')),
  reject: sql => markChecked(sql, checked('rejected')),
  deadLetter: sql => deadLetterBatch(sql, id),
  redrive: sql => redriveBatch(sql, id),
  discard: sql => markDiscarded(sql, discarded),
  hold: sql => holdBatch(sql, id, { rows: 1, reason: 'OUTLIERS: x' }),
  release: sql => releaseBatch(sql, id),
  withdraw: sql => markWithdrawn(sql, id, { why: 'a mistake' }),
}

t.test('the diagram of docs/how-it-works.md has each transition and no other arrow', async t => {
  const arrows = diagramOf('docs/how-it-works.md').map(line => {
    // Each line is `from, from ── name ──▶ to`, then what the arrow stands for.
    const [, from, name, to] = /^([a-z_, ]+?) +── (\w+) ─+▶ (\w+)(?: {2,}\S.*)?$/.exec(line) ?? t.bailout(`no arrow: ${line}`) as never
    return [name, { from: from!.split(', '), to }]
  })
  t.strictSame(arrows, Object.entries(transitions))
})

t.test('each arrow of the diagram of docs/sending-batches.md is one of a transition, and each state is there', async t => {
  const found = new Set<string>()
  for (const line of diagramOf('docs/sending-batches.md')) {
    const chain = /^ *(\w+(?: ──▶ \w+)+)/.exec(line)![1]!.split(' ──▶ ')
    for (const [index, to] of chain.slice(1).entries()) {
      const from = chain[index]!
      t.ok(Object.values(transitions).some(arrow => (arrow.from as string[]).includes(from) && arrow.to === to), `${from} → ${to}`)
    }
    for (const state of chain) found.add(state)
  }
  t.strictSame([...found].sort(), states.filter(state => state !== 'withdrawing').sort())
})

t.test('each function changes the state from the states of its transition alone', async t => {
  const { migrator } = await database(t)
  await migrator`
    insert into batches (id, provider, mode, format, digest, bytes, accepted_at) values (${id}, 'demo', 'apply', 'csv', ${manifest.digest}, 1, now())`
  for (const [name, { from, to }] of Object.entries(transitions)) {
    for (const state of states.filter(state => state !== 'withdrawing')) {
      await migrator`update batches set state = ${state}, reason = 'X: y' where id = ${id}`
      await functions[name as keyof typeof transitions](migrator)
      const [row] = await migrator`select state from batches`
      t.equal(row!.state, (from as string[]).includes(state) ? to : state, `${name} from ${state}`)
    }
  }
})

t.test('a batch that an operator has dead-lettered is not applied', async t => {
  const { migrator } = await database(t)
  await migrator`
    insert into batches (id, provider, mode, format, digest, bytes, accepted_at) values (${id}, 'demo', 'apply', 'csv', ${manifest.digest}, 1, now())`
  for (const [reason, state] of [['OPERATOR: stop', 'dead_lettered'], [null, 'dead_lettered'], ['OPERATORS: no prefix', 'applied']] as const) {
    await migrator`update batches set state = 'dead_lettered', reason = ${reason} where id = ${id}`
    await functions.apply(migrator)
    t.strictSame([...await migrator`select state from batches`], [{ state }], String(reason))
  }
})

t.test('no other file of lib/ and services/ has a statement that writes the state of a batch', async t => {
  const files = globSync('{lib,services}/**/*.ts', { cwd: root }).sort()
  t.ok(files.length > 200, `${files.length} files`)
  t.strictSame(files.filter(file => stateUpdates(read(file)).length > 0), ['lib/batch/transitions.ts'])
  t.equal(stateUpdates(read('lib/batch/transitions.ts')).length, Object.keys(transitions).length, 'validate and reject are one statement, apply is two')
  const others = files.filter(file => file !== 'lib/batch/transitions.ts').flatMap(file => statementsOnBatches(read(file)))
  t.ok(others.length >= 6, `${others.length} other statements that write to batches are seen`)
})

t.test('statements that write a state are found, however they are written', async t => {
  const found = [
    'update batches set state = $1', 'UPDATE batches\n  SET waits = 1,\n state=$1 where true', 'update only public.batches as b set "state" = 1',
    'update "batches" b set (reason, state) = (1, 2)', 'update batches set started_at = now(), state = case when state in (1) then 2 end',
    'update batches -- where\n set state = 1', 'update batches /* where */ set state = 1', 'update batches set ${sql(row)} where id = 1', // eslint-disable-line no-template-curly-in-string
    'update ${sql(table)} set state = 1', 'insert into batches (id) values (1) on conflict (id) do update set state = 1', // eslint-disable-line no-template-curly-in-string
    'insert into batches (id, state) values (1, 2)', 'merge into batches using x on true when matched then update set state = 1',
  ]
  for (const text of found) t.equal(stateUpdates(`sql\`${text}\``).length, 1, text)
  const notFound = [
    'update batches set waits = waits + 1 where state = 1', 'update batch_attempts set state = 1', 'select state from batches', 'update unreadable_batches set state = 1',
    'insert into batches (id) values (1) on conflict do nothing',
  ]
  for (const text of notFound) t.equal(stateUpdates(`sql\`${text}\``).length, 0, text)
})
