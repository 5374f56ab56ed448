import type { Sql } from 'postgres'
import t, { type Test } from 'tap'
import { mergeAll } from '../../lib/ledger/merge/merge-all.ts'
import { loadReference } from '../../lib/reference/load.ts'
import { seededRandom } from '../../lib/sample/random.ts'
import { openDatabase } from '../../lib/postgres/database.ts'
import { commitBatch, utc } from '../harness/commit-batch.ts'
import { openKnownHistory, type Answer, type Query } from '../harness/known-history.ts'
import type { Price } from '../harness/prices.ts'
import { ratesApiOn } from '../harness/replicated.ts'
import { createDatabase, temporaryServer, unsafeSettings, type Server } from '../harness/server.ts'
import { standbyOf } from '../harness/standby.ts'
import { waitFor } from '../harness/wait.ts'

// `GET /rates` with `as_of` over a random history, against a recomputation from the records of the test.

const primary = await temporaryServer({ ...unsafeSettings, synchronous_commit: 'on' })
t.teardown(() => primary.remove())
await createDatabase(primary, 'freight', '2020-12-01', '2021-01-01')
const standby = await standbyOf(primary)
t.teardown(() => standby.remove())
const open = (login: string, server = primary): Sql => {
  const sql = openDatabase({ url: server.url(login, 'freight'), process: 'test', poolSize: 2 })
  t.teardown(() => sql.end({ timeout: 0 }))
  return sql
}
const [sql, worker] = [open('migrator'), open('ingestion_worker')]
const urlOf = (server: Server): string => server.url('rates_api', 'freight')

const random = seededRandom(49)
const below = (count: number): number => Math.floor(random() * count)
const pick = <T>(items: readonly T[]): T => items[below(items.length)]!

const history = await openKnownHistory(sql)
const regions = ['zz_world', 'zz_one', 'zz_two', 'zz_three']
const ports = ['ZZAAA', 'ZZAAB', 'ZZAAC', 'ZZAAD', 'ZZAAE']
const aliases = ['ZZALA', 'ZZALB']
/** What the rest of the test asks again: addresses and the bytes of their responses. */
const answers: Array<{ url: string, status: number, body: string }> = []

t.test('300 operations: each moment is answered as a recomputation of the records does', async t => {
  for (let operation = 0; operation < 300; operation++) await operate(operation)
  const { get } = await ratesApi(t, urlOf(primary), [])
  for (const asOf of [...aroundEach(history.times), ...randomMoments(1_000)]) {
    const query = pick(queries)
    const expected = history.answer(query, asOf)
    const url = `/rates?${new URLSearchParams({ ...query, as_of: asOf }).toString()}`
    const { status, body, age } = await get(url)
    answers.push({ url, status, body })
    check(t, url, { status, body }, expected)
    if (age !== undefined) t.fail(`${url} has an age`)
  }
  const known = answers.filter(({ status }) => status === 200)
  t.ok(known.length > 1_000 && known.length < answers.length, `${known.length} of ${answers.length} are known`)
  t.ok(new Set(known.map(({ body }) => body)).size > 200, 'many differ')
})

t.test('beside commits, merging and VACUUM: the same bytes', async t => {
  const { get } = await ratesApi(t, urlOf(primary), [])
  const stopping = new AbortController()
  const [wrong, sample] = [[] as string[], answers.filter((_, index) => index % 40 === 0)]
  const readers = Array.from({ length: 3 }, async (_, reader) => {
    let rounds = 0
    for (; !stopping.signal.aborted || rounds < 2; rounds++) {
      for (const { url, status, body } of sample.slice(reader * 10)) {
        const again = await get(url)
        if (again.status !== status || (status === 200 && again.body !== body)) wrong.push(url)
      }
    }
    return rounds
  })
  for (let operation = 0; operation < 60; operation++) await operate(operation)
  stopping.abort()
  t.ok((await Promise.all(readers)).every(rounds => rounds >= 2))
  t.same(wrong.slice(0, 5), [])
})

t.test('after merging and VACUUM: the same bytes', async t => {
  await mergeAll(worker)
  await sql.unsafe('vacuum full unmerged_prices, merged_prices, merged_sums, wide_merged_sums')
  t.same(await sql`select 1 from unmerged_prices group by kind, month, orig_code, dest_code having count(*) > 1`, [])
  await askAgain(t, urlOf(primary), [])
})

t.test('after a restart of the server and of the process, and from a replica: the same bytes', async t => {
  await primary.stop()
  await primary.start()
  await askAgain(t, urlOf(primary), [urlOf(standby)])
})

t.test('a replica that lags answers what it has reached, and never anything else; without a primary the rest is 503', async t => {
  const superuser = open('postgres')
  await waitFor(async () => (await superuser`select 1 from pg_stat_replication where replay_lsn >= pg_current_wal_flush_lsn()`.catch(() => [])).length === 1)
  await standby.pause()
  const [{ reached }] = await open('migrator', standby)<[{ reached: string }]>`select ${utc(sql, sql`at`)} as reached from ledger_position`
  const before = history.times.length
  for (let operation = 0; operation < 30; operation++) await operate(operation)
  const { get } = await ratesApi(t, urlOf(primary), [urlOf(standby)])
  const { get: getFromReplica } = await ratesApi(t, 'postgres://rates_api:test@127.0.0.1:1/freight', [urlOf(standby)])
  const counts = { reached: 0, notReached: 0 }
  for (const asOf of [...aroundEach([...history.times.slice(before - 30), reached]), ...randomMoments(100)]) {
    const query = pick(queries)
    const expected = history.answer(query, asOf)
    const url = `/rates?${new URLSearchParams({ ...query, as_of: asOf }).toString()}`
    check(t, `both: ${url}`, await get(url), expected)
    check(t, `replica: ${url}`, await getFromReplica(url), asOf <= reached ? expected : { status: 503 })
    counts[asOf <= reached ? 'reached' : 'notReached']++
  }
  t.ok(counts.reached > 50 && counts.notReached > 50, JSON.stringify(counts))
  await standby.resume()
})

function check (t: Test, what: string, { status, body }: Answer, expected: Answer): void {
  if (status !== expected.status || (expected.body !== undefined && body !== expected.body)) t.fail(`${what}: ${status}`, { found: body, wanted: expected.body })
}

/** Sends every request again, and compares the responses. */
async function askAgain (t: Test, primaryUrl: string, replicaUrls: string[]): Promise<void> {
  const { get, ready } = await ratesApi(t, primaryUrl, replicaUrls)
  if (replicaUrls.length > 0) await waitFor(async () => (await ready()).states === 'ok ok')
  const wrong: string[] = []
  for (const { url, status, body } of answers) {
    const again = await get(url)
    if (again.status !== status || (status === 200 && again.body !== body)) wrong.push(url)
  }
  t.same(wrong.slice(0, 5), [])
}

async function ratesApi (t: Test, primaryUrl: string, replicaUrls: string[]) {
  const { app, ready } = await ratesApiOn(t, primaryUrl, replicaUrls)
  return {
    ready,
    async get (url: string): Promise<{ status: number, body: string, age: unknown }> {
      const { statusCode, payload, headers } = await app.inject(url)
      return { status: statusCode, body: payload, age: headers.age }
    },
  }
}

async function operate (operation: number): Promise<void> {
  const kind = operation < 2 ? 0.8 : random()
  const takenBack = history.counting().map(({ number }) => number)
  if (kind < 0.4) await commit(somePrices())
  else if (kind < 0.52 && takenBack.length > 0) await commit([], [pick(takenBack)])
  else if (kind < 0.65 && takenBack.length > 1) await commit(somePrices(), [...new Set([pick(takenBack), pick(takenBack)])])
  else if (kind < 0.88) await changeReference()
  else if (kind < 0.97) await mergeAll(worker)
  else await sql.unsafe('vacuum unmerged_prices, merged_prices, merged_sums')
}

async function commit (prices: Price[], takenBack: number[] = []): Promise<void> {
  history.add(await commitBatch(worker, prices, takenBack), prices, takenBack)
}

function somePrices (): Price[] {
  return Array.from({ length: 1 + below(60) }, () => ({
    orig: pick([...ports, ...aliases]), dest: pick([...ports, ...aliases]), day: `${pick(['2020-12', '2021-01'])}-${String(1 + below(28)).padStart(2, '0')}`,
    cents: random() < 0.05 ? 999_999_999_999n - BigInt(below(1_000)) : BigInt(1 + below(0x7fffffff)),
  }))
}

/** Adds ports and regions, moves some of them, and gives aliases to other ports. A load that changes nothing is no commit. */
async function changeReference (): Promise<void> {
  const count = async (): Promise<number> => (await sql<[{ count: number }]>`select count(*) from reference_changes`)[0].count
  const before = await count()
  const [, ...inner] = regions
  const parents = inner.map((slug, index) => [slug, pick(['', 'zz_world', ...inner.slice(0, index)])] as const)
  const withAlias = pick(ports)
  await loadReference(sql,
    ['code,name,parent_slug,aliases', ...ports.filter(() => random() < 0.7).concat(withAlias).filter((port, index, all) => all.indexOf(port) === index)
      .map(port => `${port},${port},${pick(regions)},${port === withAlias ? pick(['', aliases[0]!, aliases.join(' ')]) : ''}`)].join('\n'),
    ['slug,name,parent_slug', `zz_world,World ${below(3)},`, ...parents.map(([slug, parent]) => `${slug},${slug},${parent}`)].join('\n'))
  if (await count() > before) await history.addTree()
}

const queries: Query[] = [
  ['ZZAAA', 'ZZAAB'], ['ZZAAB', 'ZZALA'], ['ZZALA', 'ZZAAE'], ['ZZAAC', 'zz_one'], ['zz_two', 'ZZAAD'], ['zz_one', 'zz_two'], ['zz_world', 'zz_world'], ['ZZALB', 'zz_world'],
].flatMap(([orig, dest]) => [['2020-12-10', '2021-01-15'], ['2021-01-03', '2021-01-05']].map(([from, to]) =>
  ({ date_from: from!, date_to: to!, orig_code: orig!, dest_code: dest! })))

/** Returns each moment, and those a microsecond before and after it, from the earliest moment to the last. */
function aroundEach (times: readonly string[]): string[] {
  return times.flatMap(time => [-1n, 0n, 1n].map(by => toText(toMicroseconds(time) + by))).filter(time => time >= history.times[0]!)
}

function randomMoments (count: number): string[] {
  const [first, last] = [toMicroseconds(history.times[0]!), toMicroseconds(history.times.at(-1)!)]
  return Array.from({ length: count }, () => toText(first + BigInt(Math.floor(random() * Number(last - first)))))
}

const toMicroseconds = (time: string): bigint => BigInt(Date.parse(time.slice(0, 19) + 'Z')) * 1_000n + BigInt(time.slice(20, 26))
const toText = (time: bigint): string => `${new Date(Number(time / 1_000_000n) * 1_000).toISOString().slice(0, 19)}.${String(time % 1_000_000n).padStart(6, '0')}Z`
