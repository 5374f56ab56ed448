import t from 'tap'
import { accept } from '../../../lib/batch/accept.ts'
import { openQueue } from '../../../lib/batch/queue.ts'
import { openStore } from '../../../lib/batch/store/store.ts'
import { limitUnfinished } from '../../../services/ingestion-api/unfinished.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { database } from '../../harness/database.ts'
import { header, ingestionApi, sha256, type TestIngestionApi } from '../../harness/ingestion-api.ts'
import { silent } from '../../harness/pipeline.ts'
import { waitFor } from '../../harness/wait.ts'

const content = (number: number): string => `${header}CNGGZ,EETLL,2021-01-05,${number}\n`
const unreachableUrl = 'postgres://nobody@127.0.0.1:1/none'

t.test('a provider has a limited number of unfinished batches', async t => {
  const api = await ingestionApi(t, { limits: { unfinishedBatches: 5 } })
  const sent = await Promise.all(Array.from({ length: 40 }, (_, number) => api.submit(content(number + 1))))
  const accepted = sent.filter(({ status }) => status === 202)
  t.equal(accepted.length, 5, 'of forty at once')
  for (const refused of sent.filter(({ status }) => status !== 202)) {
    t.match(refused, { status: 429, body: { type: '/problems/too-many-unfinished' } })
    t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/)
  }
  await left(api, 5)

  t.match(await api.submit(content(1), { headers: { 'idempotency-key': 'new' } }), { status: 429 }, 'a key is a new batch')
  t.match(await api.submit(content(1), { path: '/batches?dry_run=true' }), { status: 429 }, 'a dry run is a message too')
  t.match(await api.submit(content(1), { as: 'demo-new' }), { status: 202 }, 'an accepted batch is a replay, with each key')
  t.match(await api.submit(content(1), { as: 'other' }), { status: 202 })
  for (const { body } of accepted) {
    const number = sent.findIndex(response => response.body.id === body.id) + 1
    t.match(await api.submit(content(number)), { status: 202, body: { id: body.id } }, 'sent again')
  }
  await left(api, 6)

  await api.db.migrator`update batches set state = 'applied' where id = ${accepted[0]!.body.id}`
  await waitFor(async () => (await api.submit(content(100))).status === 202) // once the count has expired
  t.match(await api.submit(content(101)), { status: 429 })
})

t.test('without the database: the batches that this process has accepted are counted', async t => {
  const api = await ingestionApi(t, { limits: { unfinishedBatches: 3 }, databaseUrl: unreachableUrl })
  for (const number of [1, 2, 3]) t.match(await api.submit(content(number)), { status: 202 })
  t.match(await api.submit(content(4)), { status: 429, body: { type: '/problems/too-many-unfinished' } })
  t.match(await api.submit(content(3)), { status: 202, body: { state: 'accepted' } }, 'sent again')
  t.match(await api.submit(content(4), { as: 'other' }), { status: 202 })
})

t.test('the last count, and the batches accepted since', async t => {
  const db = await database(t)
  const { admit, recorded } = limitUnfinished({ sql: db.open('ingestion_api'), log: silent, max: 4, freshMs: 0 })
  const outcomeOf = async (id: string): Promise<string> => await admit({ provider: 'demo', id } as never).then(() => 'admitted', error => error.code as string)
  const add = async (id: string, state: string): Promise<unknown> => await db.migrator`
    insert into batches (id, provider, mode, state, format, digest, bytes, accepted_at) values (${id}, 'demo', 'apply', ${state}, 'csv', ${id}, 1, now())`
  const [one, two, three, four] = ['one', 'two', 'three', 'four'].map(sha256) as [string, string, string, string]
  await add(sha256('earlier'), 'queued')
  await add(sha256('final'), 'applied')
  t.equal(await outcomeOf(one), 'admitted', 'two of four')

  await db.migrator`alter table batches rename to unavailable`
  t.equal(await outcomeOf(two), 'admitted')
  t.equal(await outcomeOf(three), 'admitted', 'four of four')
  t.equal(await outcomeOf(four), 'too-many-unfinished')

  await db.migrator`alter table unavailable rename to batches`
  t.equal(await outcomeOf(four), 'too-many-unfinished', 'those without a row wait in the queue')
  await add(one, 'applied') // as a worker does
  t.equal(await outcomeOf(four), 'admitted')
  t.equal(await outcomeOf(sha256('five')), 'too-many-unfinished')
  await add(two, 'processing')
  recorded('demo', two)
  t.equal(await outcomeOf(sha256('five')), 'too-many-unfinished', 'a recorded batch is counted once')
  await db.migrator`update batches set state = 'applied' where id = ${two}`
  const admission = await admit({ provider: 'demo', id: sha256('five') } as never)
  t.equal(await outcomeOf(sha256('six')), 'too-many-unfinished')
  admission.cancel()
  t.equal(await outcomeOf(sha256('six')), 'admitted', 'a batch whose acceptance failed does not count')
})

for (const [when, admitsBefore] of [['before', true], ['during', false]] as const) {
  t.test(`a batch that is admitted ${when} a count and gets its row during the count is counted`, async t => {
    const db = await database(t)
    const sql = db.open('ingestion_api')
    let hold: { queried: () => void, result: Promise<void> } | undefined
    /** Queries the database. While `hold` is set, the result arrives late. */
    const late = new Proxy(sql, {
      async apply (target, self, args: Parameters<typeof sql>) {
        const result = await Reflect.apply(target, self, args) as unknown
        const held = hold
        held?.queried()
        await held?.result
        return result
      },
    })
    const { admit, recorded } = limitUnfinished({ sql: late, log: silent, max: 2, freshMs: 0 })
    const [one, two, three] = ['one', 'two', 'three'].map(sha256) as [string, string, string]
    if (admitsBefore) await admit({ provider: 'demo', id: one } as never)
    else await admit({ provider: 'demo', id: two } as never)

    const [queried, result] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    hold = { queried: queried.resolve, result: result.promise }
    await admit({ provider: 'demo', id: admitsBefore ? two : one } as never) // begins a count, and does not wait for it
    await queried.promise
    hold = undefined
    await db.migrator`
      insert into batches (id, provider, mode, format, digest, bytes, accepted_at) values (${one}, 'demo', 'apply', 'csv', ${one}, 1, now())`
    recorded('demo', one)
    result.resolve()
    t.equal(await admit({ provider: 'demo', id: three } as never).then(() => 'admitted', error => error.code as string), 'too-many-unfinished')
  })
}

t.test('a count that refuses is never cached: a final batch frees capacity', async t => {
  const { migrator, open } = await database(t)
  const { admit } = limitUnfinished({ sql: open('ingestion_api'), log: silent, max: 1, freshMs: 3_600_000 })
  const isAdmitted = async (): Promise<boolean> => await admit({ provider: 'demo', id: sha256('next') } as never).then(() => true, () => false)
  await migrator`
    insert into batches (id, provider, mode, format, digest, bytes, accepted_at) values (${sha256('one')}, 'demo', 'apply', 'csv', ${sha256('one')}, 1, now())`
  t.equal(await isAdmitted(), false)
  await migrator`update batches set state = 'applied'`
  await waitFor(isAdmitted)
})

t.test('one batch, sent twice at once, is one, and stays one if one of the two requests is not the first', async t => {
  const db = await database(t)
  const { admit } = limitUnfinished({ sql: db.open('ingestion_api'), log: silent, max: 1 })
  const tryAdmit = (id: string) => admit({ provider: 'demo', id } as never).catch(error => error.code as string)
  const [one, other] = ['one', 'other'].map(sha256) as [string, string]
  const [first, second] = await Promise.all([tryAdmit(one), tryAdmit(one)])
  for (const admission of [first, second]) t.type(admission, 'object', 'both are admitted')
  const cancel = (admission: typeof first): void => { if (typeof admission !== 'string') admission!.cancel() }
  cancel(second)
  cancel(second)
  t.equal(await tryAdmit(other), 'too-many-unfinished', 'the first still counts')
  cancel(first)
  t.type(await tryAdmit(other), 'object')
})

t.test('one batch, accepted while another request for it was refused, is a replay', async t => {
  const api = await ingestionApi(t)
  const { body: { id } } = await api.submit(content(1))
  const manifest = await api.manifest(id)
  const store = openStore(api.aws.s3, api.aws.bucket)
  let reads = 0
  // The first read comes before the other request's manifest.
  const late = { ...store, readManifest: async (id: string) => ++reads === 1 ? null : await store.readManifest(id) }
  const admit = async () => { throw new Problem('too-many-unfinished', 'too many') }
  t.match(await accept(late, openQueue(api.aws.sqs, api.aws.queueUrl), manifest, admit), { replayed: true, manifest: { id } })
})

t.test('a batch that could not be stored does not count', async t => {
  const api = await ingestionApi(t, { limits: { unfinishedBatches: 1 } })
  const back = api.proxy.cut(({ method, key }) => method === 'PUT' && key.startsWith('batches/'))
  t.match(await api.submit(content(1)), { status: 503 })
  back()
  t.match(await api.submit(content(2)), { status: 202 })
})

/** Asserts that no object of a refused batch remains. */
async function left (api: TestIngestionApi, batches: number): Promise<void> {
  await api.settled()
  await waitFor(async () => (await api.objects('incoming/')).length === batches)
  t.equal((await api.objects('batches/')).length, batches)
  t.equal((await api.messages()).length, batches)
}
