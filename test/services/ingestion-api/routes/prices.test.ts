import t from 'tap'
import { mergeAll } from '../../../../lib/ledger/merge/merge-all.ts'
import { removePrices } from '../../../../lib/ledger/remove-prices.ts'
import { applyingApi } from '../../../harness/applying-api.ts'
import { header } from '../../../harness/ingestion-api.ts'
import { waitFor } from '../../../harness/wait.ts'

type Row = [lane: string, day: string, price: string]
const origs = ['CNGGZ', 'CNXMN', 'CNYTN']
const random = (max: number): number => Math.floor(Math.random() * max)
const rows = (count: number, months = ['2021-01', '2021-02']): Row[] => Array.from({ length: count }, () => [
  `${origs[random(3)]},${['EETLL', 'DEHAM'][random(2)]}`, `${months[random(months.length)]}-${String(1 + random(28)).padStart(2, '0')}`,
  (1 + random(20) + random(100) / 100).toFixed(2),
])
const csvOf = (rows: readonly Row[]): string => header + rows.map(row => `${row.join()}\n`).join('')
const order = ([lane, day, price]: Row): string => `${day.slice(0, 7)} ${lane} ${day} ${price.padStart(9)}`
const sorted = (of: readonly Row[]): Row[] => of.toSorted((a, b) => order(a) < order(b) ? -1 : 1)
const ndjsonOf = (rows: readonly Row[]): string => rows.map(([lane, day, price]) => {
  const [orig, dest] = lane.split(',')
  return `${JSON.stringify({ orig_code: orig, dest_code: dest, day, price: Number(price) })}\n`
}).join('')

t.test('the prices are what was sent: merged, withdrawn, and beside other batches', async t => {
  const api = await applyingApi(t)
  const sent = [rows(500), rows(9_000, ['2021-03']), [...rows(20), ...rows(1)].flatMap(row => [row, row])]
  const ids: string[] = []
  for (const of of sent) ids.push(await api.send(csvOf(of)))
  const check = async (when: string): Promise<void> => {
    for (const [at, id] of ids.entries()) {
      const csv = await api.call(`/batches/${id}/prices`)
      t.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8')
      t.equal(csv.text, csvOf(sorted(sent[at]!)), `${when}: CSV of batch ${at}`)
      const ndjson = await api.call(`/batches/${id}/prices`, { headers: { accept: 'application/x-ndjson' } })
      t.equal(ndjson.headers.get('content-type'), 'application/x-ndjson; charset=utf-8')
      t.equal(ndjson.text, ndjsonOf(sorted(sent[at]!)), `${when}: NDJSON of batch ${at}`)
    }
  }
  await check('unmerged')
  await mergeAll(api.worker.sql)
  for (let batch = 0; batch < 8; batch++) await api.send(csvOf(rows(300)))
  await check('merged, and later batches')
  await mergeAll(api.worker.sql)
  await api.withdraw(ids[1]!)
  await api.send(csvOf(rows(10)), `?replaces=${ids[2]}`)
  await check('merged again, withdrawn and replaced')
  await mergeAll(api.worker.sql)
  await check('merged once more')
  t.match(await api.call(`/batches/${ids[0]}/prices`, { method: 'HEAD' }), { status: 200, text: '' })

  const again = await api.send((await api.call(`/batches/${ids[1]}/prices`)).text)
  t.match((await api.call(`/batches/${again}`)).body, { state: 'applied', rows: 9_000 }, 'the file can be sent again')

  await removePrices(api.worker.sql, (await api.db.migrator`select number from batches where id = ${ids[1]!}`)[0]!.number)
  t.match(await api.call(`/batches/${ids[1]}/prices`), { status: 410, body: { type: '/problems/prices-removed', id: ids[1] } })
  await api.db.migrator`update batches set purged_at = now() where id = ${ids[2]!}`
  t.match(await api.call(`/batches/${ids[2]}/prices`), { status: 410, body: { type: '/problems/prices-removed' } })
})

t.test('batches without prices, and other callers', async t => {
  const api = await applyingApi(t, { providers: ['demo'], factor: 2, share: 0.1 })
  const applied = await api.send(csvOf([['CNGGZ,EETLL', '2021-01-05', '1.00']]))
  const states = {
    queued: (await api.submit(csvOf(rows(1)))).body.id as string,
    rejected: await api.send(`${header}CNGGZ,XXXXX,2021-01-05,1\n`),
    validated: await api.send(csvOf(rows(1)), '?dry_run=true'),
    held: await api.send(csvOf([['CNGGZ,EETLL', '2021-01-06', '10.00']])),
    withdrawn: await api.send(csvOf([['CNGGZ,EETLL', '2021-01-06', '11.00']])),
  }
  await api.withdraw(states.withdrawn)
  for (const [state, id] of Object.entries(states)) {
    t.match(await api.call(`/batches/${id}/prices`), { status: 404, body: { type: '/problems/no-prices', id, state } }, state)
  }
  t.match(await api.call(`/batches/${applied}/prices`, { as: 'other' }), { status: 404, body: { type: '/problems/unknown-batch' } })
  t.match(await api.call(`/batches/${applied}/prices`, { as: 'sender' }), { status: 403 })
  t.match(await api.call(`/batches/${applied}/prices`, { headers: { accept: 'application/json' } }), { status: 406 })
  t.match(await api.call(`/batches/${applied}/prices`), { status: 200, text: `${header}CNGGZ,EETLL,2021-01-05,1.00\n` })
})

t.test('a slow client holds no transaction open; prices that are removed meanwhile break its connection', async t => {
  const api = await applyingApi(t)
  const many = Array.from({ length: 30_000 }, (_, at): Row => [`${origs[at % 3]},EETLL`, `2021-0${1 + Math.floor(at / 10_000)}-05`, '1000.00'])
  const id = await api.send(csvOf(many))
  // More than the buffers of two sockets hold.
  await api.db.migrator`insert into unmerged_prices select unmerged_prices.* from unmerged_prices cross join generate_series(1, 19)`
  await api.db.migrator`update applied_batches set row_count = 20 * row_count`
  const begin = async () => {
    const response = await fetch(`${api.url}/batches/${id}/prices`, { headers: { accept: 'application/x-ndjson', authorization: 'Bearer demo-key' } })
    const body = response.body!.getReader()
    let bytes = (await body.read()).value!.length
    const rest = async (): Promise<number> => {
      for (let next = await body.read(); !next.done; next = await body.read()) bytes += next.value.length
      return bytes
    }
    return { rest }
  }
  const slow = await begin()
  await waitFor(async () => (await api.db.migrator`
    select 1 from pg_stat_activity where datname = current_database() and application_name like 'test-ingestion_api@%' and state <> 'idle'`).length === 0)
  await mergeAll(api.worker.sql)
  t.equal(await slow.rest(), 20 * ndjsonOf(many).length, 'complete, though it was merged in between')

  const cut = await begin()
  await api.db.migrator`delete from merged_prices`
  await t.rejects(cut.rest())
  t.match(await api.call(`/batches/${id}/prices`), { status: 410 })
})

t.test('the database is unavailable', async t => {
  const api = await applyingApi(t, undefined, { databaseUrl: 'postgres://ingestion_api@127.0.0.1:49151/none' })
  const id = await api.send(csvOf(rows(1)))
  t.match(await api.call(`/batches/${id}/prices`), { status: 503, body: { type: '/problems/database-unavailable' } })
})
