import t from 'tap'
import { sampleCsv } from '../../../../lib/sample/month.ts'
import { pipeline } from '../../../harness/pipeline.ts'
import { startWorker } from '../../../harness/worker.ts'

const header = 'orig_code,dest_code,day,price\n'

t.test('a worker on one queue', async t => {
  const it = await pipeline(t)
  startWorker(t, it)

  t.test('the sample month is applied completely: every price once, to the cent', async t => {
    const csv = sampleCsv()
    const { id } = await it.submit(csv)
    const batch = await it.settled(id, 'applied', 'rejected')
    t.match(batch, { state: 'applied', error_count: 0, reason: null })
    t.equal(batch.row_count, csv.trimEnd().split('\n').length - 1)
    t.equal(await it.visible(id), batch.row_count)
    const stored = await it.db.migrator<Array<{ row: string }>>`
      select concat_ws(',', orig_code, dest_code, day, trim_scale(price)) as row from all_prices where batch_number = ${batch.number as number}`
    t.same(stored.map(({ row }) => row).sort(), csv.trimEnd().split('\n').slice(1).map(row => row.replace(/(\.\d)0$|\.00$/, '$1')).sort())
  })

  t.test('a second batch on the same lanes adds to the first', async t => {
    await it.db.migrator`truncate unmerged_prices`
    const first = await it.submit(`${header}CNGGZ,EETLL,2021-01-05,100.25\nCNGGZ,EETLL,2021-01-05,100.25\n`)
    const second = await it.submit(`${header}CNGGZ,EETLL,2021-01-05,7\nCNGGZ,EETLL,2021-01-31,8\n`)
    await it.settled(first.id, 'applied')
    await it.settled(second.id, 'applied')
    t.same(await it.db.migrator`select day, count(*)::int as count, sum(price)::text as sum from all_prices group by 1 order by 1`,
      [{ day: '2021-01-05', count: 3, sum: '207.50' }, { day: '2021-01-31', count: 1, sum: '8.00' }])
  })

  t.test('one bad row in the middle: nothing is visible and the report names it', async t => {
    const rows = sampleCsv().trimEnd().split('\n')
    rows[30_000] = 'CNGGZ,XXXXX,2021-01-05,1234.345'
    const { id } = await it.submit(rows.join('\n'))
    const batch = await it.settled(id, 'applied', 'rejected')
    t.match(batch, { state: 'rejected', error_count: 2, row_count: rows.length - 1 })
    t.match(batch.first_errors, [
      { row: 30_000, column: 'dest_code', value: 'XXXXX', code: 'unknown_port', original: rows[30_000] },
      { row: 30_000, column: 'price', value: '1234.345', code: 'price_decimals' },
    ])
    t.equal(await it.visible(id), 0)
  })

  t.test('a thousand bad rows are all in the report, a hundred in the state', async t => {
    const bad = Array.from({ length: 1_000 }, (_, i) => `CNGGZ,EETLL,2021-01-05,-${i + 1}`)
    const { id } = await it.submit(header + bad.join('\n'))
    const batch = await it.settled(id, 'applied', 'rejected')
    t.match(batch, { state: 'rejected', error_count: 1_000 })
    t.equal((batch.first_errors as unknown[]).length, 100)
    const report = await (await it.store.openReport(id))!.toArray()
    const lines = Buffer.concat(report).toString().trimEnd().split('\n').map(line => JSON.parse(line) as { row: number, original: string })
    t.same(lines.map(({ row }) => row), bad.map((_, i) => i + 1))
    t.same(lines.map(({ original }) => original), bad)
  })

  t.test('a dry run changes no data and does not replace the batch', async t => {
    const csv = `${header}CNGGZ,EETLL,2021-02-05,100\n`
    const dry = await it.submit(csv, { mode: 'dry_run' })
    t.match(await it.settled(dry.id, 'validated', 'rejected', 'applied'), { state: 'validated', row_count: 1 })
    t.equal(await it.visible(dry.id), 0)
    t.same(await it.db.migrator`select 1 from applied_batches where batch_id = ${dry.id}`, [])
    const real = await it.submit(csv)
    t.not(real.id, dry.id)
    await it.settled(real.id, 'applied')
    t.equal(await it.visible(real.id), 1)
    const badDry = await it.submit(`${header}CNGGZ,CNGGZ,2021-02-05,100\n`, { mode: 'dry_run' })
    t.match(await it.settled(badDry.id, 'validated', 'rejected'), { state: 'rejected', error_count: 1 })
  })

  for (const [format, content] of [
    ['ndjson', '{"orig_code":"CNGGZ","dest_code":"EETLL","day":"2021-03-05","price":10.5}\n'],
    ['json', '[{"orig_code":"CNGGZ","dest_code":"EETLL","day":"2021-03-05","price":11}]'],
    ['csv', `${header}CNGGZ,EETLL,2021-03-05,12\n`],
  ] as const) {
    t.test(`${format}, gzip`, async t => {
      const { id } = await it.submit(content, { format, gzip: true })
      await it.settled(id, 'applied')
      t.equal(await it.visible(id), 1)
    })
  }

  t.test('delivered ten times, applied once', async t => {
    const { id, provider } = await it.submit(`${header}CNGGZ,EETLL,2021-04-05,100\n`)
    await it.settled(id, 'applied')
    for (let i = 0; i < 10; i++) await it.queue.send(id, provider)
    const last = await it.submit(`${header}CNGGZ,EETLL,2021-04-05,101\n`) // after them in the provider's order
    await it.settled(last.id, 'applied')
    t.equal(await it.visible(id), 1)
    t.same(await it.db.migrator`select attempt from batch_attempts where batch_id = ${id}`, [{ attempt: 1 }])
  })
})
