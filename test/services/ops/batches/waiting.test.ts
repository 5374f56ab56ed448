import t from 'tap'
import { database } from '../../../harness/database.ts'
import { sha256 } from '../../../harness/ingestion-api.ts'
import { ops } from '../../../harness/ops.ts'

t.test('waiting batches, recent failures, and unreadable objects of the store', async t => {
  const db = await database(t)
  const sql = db.migrator
  const run = (...args: string[]) => ops(args, { DATABASE_URL: db.url('ops') })
  t.match(await run('batches', 'waiting'), { code: 0, stdout: 'No batch is waiting.\n' })
  t.match(await run('batches', 'failures'), { code: 0, stdout: 'No attempt failed.\n\nNo batch was rejected.\n' })
  t.match(await run('batches', 'unreadable'), { code: 0, stdout: 'There are no unreadable batches.\n' })
  t.match(await run('messages', 'stray'), { code: 0, stdout: 'There are no stray messages.\n' })
  t.match(await run('messages', 'parked'), { code: 0, stdout: 'There are no parked messages.\n' })
  t.match(await run('prices', 'months'), { code: 0, stdout: /^2020-12 to 20\d\d-\d\d: \d+ months, \d+ after the current one\n/ })

  const add = async (name: string, provider: string, state: string, minutes: number, more: Record<string, unknown> = {}): Promise<string> => {
    const id = sha256(name)
    await sql`insert into batches ${sql({ id, provider, mode: 'apply', format: 'csv', digest: id, bytes: 1, state, accepted_at: new Date(Date.now() - minutes * 60_000), ...more })}`
    return id
  }
  const attempt = (id: string, outcome: string, reason: string, minutes: number): Promise<unknown> => sql`
    insert into batch_attempts (batch_id, attempt, worker, started_at, finished_at, outcome, reason, rows_read)
    select ${id}, count(*) + 1, 'test', now() - make_interval(mins => ${minutes}), now(), ${outcome}, ${reason}, 7 from batch_attempts where batch_id = ${id}`
  const old = await add('old', 'many', 'processing', 60)
  const hidden = await add('hidden', 'many', 'queued', 30, { reason: 'P0001: x' })
  const other = await add('other', 'few', 'queued', 5)
  const behind = await add('behind', 'many', 'queued', 1)
  const dead = await add('dead', 'few', 'dead_lettered', 500, { dead_lettered_at: new Date() })
  const finishedAt = (minutes: number) => ({ finished_at: new Date(Date.now() - minutes * 60_000), first_errors: sql.json([{ row: 1, code: 'unknown_port' }]) })
  const rejected = await add('rejected', 'few', 'rejected', 20, finishedAt(10))
  await add('rejected long ago', 'few', 'rejected', 2_000, finishedAt(1_000))
  await attempt(hidden, 'failed', 'P0001: x', 10)
  await attempt(hidden, 'failed', 'P0001: x', 5)
  const held = await add('held', 'many', 'processing', 4, { reason: '57014: of an earlier delivery' })
  await attempt(held, 'failed', '08006: earlier', 3)
  await attempt(held, 'failed', 'ECONNREFUSED: y', 2)
  await sql`insert into batch_attempts (batch_id, attempt, worker, started_at) values (${held}, 3, 'test', now())`
  await attempt(dead, 'failed', 'P0001: x', 50)
  await attempt(dead, 'failed', 'P0002: long ago', 400)
  await attempt(rejected, 'rejected', 'y', 10)
  await sql`insert into parked_messages values (${hidden}, 'the receipt', now(), now() + interval '300 seconds')`

  const waiting = await run('batches', 'waiting')
  t.match(waiting, { code: 0, stdout: /^many +2 +2 +3\d{3}[^]*^few +1 +0 +3\d{2}/m }, 'most batches first')
  const ids = [...waiting.stdout.matchAll(/^[0-9a-f]{64}/gm)].map(([id]) => id)
  t.same(ids, [old, hidden, other, held, behind], 'oldest first')
  t.match(waiting.stdout, new RegExp(`^${behind} .* behind ${old.slice(0, 8)}$`, 'm'))
  t.notMatch(waiting.stdout, new RegExp(`^(${old}|${other}) .*behind`, 'm'))
  t.match(waiting.stdout, new RegExp(`^${hidden} +many +queued +1\\d{3}(\\.\\d)? +2 +7 +(29\\d|300) +P0001: x$`, 'm'))
  t.match(waiting.stdout, new RegExp(`^${held} +many +processing .* ECONNREFUSED: y$`, 'm'), 'a held batch has the reason of its last failed attempt')
  t.match(await run('batches', 'waiting', '--limit', '1'), { code: 0, stdout: /^many[^]*The first 1 are shown/m })
  t.notMatch((await run('batches', 'waiting', '--provider', 'few')).stdout, 'many')

  const failures = await run('batches', 'failures')
  t.match(failures, { code: 0, stdout: new RegExp(`^3 +2 +2 .* P0001: x$[^]*^few +1 +unknown_port +${rejected}$`, 'm') })
  t.notMatch(failures.stdout, 'long ago')
  t.match(await run('batches', 'failures', '--hours', '24'), { code: 0, stdout: /long ago[^]*^few +2 +unknown_port/m })
  for (const hours of ['0', '169', 'x']) t.match(await run('batches', 'failures', '--hours', hours), { code: 2, stderr: '1 to 168' })

  await sql`
    insert into unreadable_batches (batch_id, provider, reason, failed_at, held_since, checked_at)
    values (${dead}, 'few', 'NoSuchKey: a', now(), null, now()), (${old}, 'many', 'NoSuchKey: b', now() - interval '1 minute', now(), now())`
  t.match(await run('batches', 'unreadable'), { code: 0, stdout: new RegExp(`^${old} +many .*: b$\\n^${dead} +few .* – +NoSuchKey: a$`, 'm') }, 'held batches first')
  await sql`insert into stray_messages values ('x', 'few', ${'{"version":1,\n"id":"y"}'}, 'NO_MANIFEST: z', 3, now())`
  t.match(await run('messages', 'stray'), { code: 0, stdout: 'NO_MANIFEST: z  "{\\"version\\":1,\\n\\"id\\":\\"y\\"}"' })
  const parked = await run('messages', 'parked')
  t.match(parked, { code: 0, stdout: new RegExp(`^${hidden} +many +queued `, 'm') })
  t.notMatch(parked.stdout, 'the receipt')
})
