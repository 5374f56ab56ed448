import t from 'tap'
import { longestBlock } from '../../../harness/longest-block.ts'
import { ratesApi } from '../../../harness/rates-api.ts'

t.test('a year of rates does not block the event loop', async t => {
  const { app, db } = await ratesApi(t)
  await db.migrator`
    insert into wide_merged_sums (orig_code, dest_code, month, counts, cents)
    select 'CNGGZ', 'EETLL', month::date, array_fill(12345, array[31]), array_fill(123456789012345::bigint, array[31])
    from generate_series(timestamp '2021-01-01', '2021-12-01', '1 month') as month`
  const year = '/rates?date_from=2021-01-01&date_to=2021-12-31'
  for (const orig of ['CNGGZ', 'china_main']) {
    for (const accept of ['application/json', 'text/csv']) {
      const url = `${year}&orig_code=${orig}&dest_code=EETLL`
      const { result, blockedMs } = await longestBlock(async () => await app.inject({ url, headers: { accept } }))
      t.equal(result.statusCode, 200)
      t.equal(result.payload.match(/2021-/g)?.length, 365)
      t.comment(`${orig}, ${accept}: ${result.payload.length} bytes, longest block ${blockedMs.toFixed(1)} ms`)
      t.ok(blockedMs < 50, `${orig}, ${accept}: ${blockedMs} ms`)
    }
  }
})
