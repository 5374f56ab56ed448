import t from 'tap'
import { loadReference } from '../../../../lib/reference/load.ts'
import { retireLocations } from '../../../../lib/reference/retire.ts'
import { pipeline } from '../../../harness/pipeline.ts'
import { startWorker } from '../../../harness/worker.ts'

const header = 'orig_code,dest_code,day,price\n'

t.test('rows with aliases', async t => {
  const it = await pipeline(t)
  startWorker(t, it)
  const lanes = async () => (await it.db.migrator`
    select orig_code || ' ' || dest_code as lane, count(*)::int as count from all_prices group by 1 order by 1`)
    .map(({ lane, count }) => `${lane} ${count}`)

  t.test('are stored under the port\'s own code, in every format', async t => {
    const object = { orig_code: 'CNTAG', dest_code: 'cnsgh', day: '2021-01-05', price: 7 }
    const batches = [
      await it.submit(`${header}CNTAG,CNSGH,2021-01-05,7\ncntac,CNSHG,2021-01-05,7\n"CNTAG","CNSHA",2021-01-05,7\n`),
      await it.submit(`${JSON.stringify(object)}\n`, { format: 'ndjson' }),
      await it.submit(JSON.stringify([object, { ...object, orig_code: '\u0043NTAC' }]), { format: 'json' }),
    ]
    for (const { id } of batches) t.equal((await it.settled(id, 'applied', 'rejected')).state, 'applied')
    t.same(await lanes(), ['CNTAC CNSHA 6'])
    t.same([...await it.db.migrator`select distinct orig_code, dest_code from all_prices`], [{ orig_code: 'CNTAC', dest_code: 'CNSHA' }])
  })

  t.test('an origin and destination that are one port under two codes are rejected, and the report shows the codes as sent', async t => {
    const rows = ['CNSHG,cnsgh,2021-01-05,7', 'CNSGH,CNSHA,2021-01-05,7', 'CNTAG,CNTAC,2021-01-05,7', 'CNTAG,EETLL,2021-01-05,x']
    const { id } = await it.submit(header + rows.join('\n'))
    const { first_errors: errors } = await it.settled(id, 'applied', 'rejected')
    t.match(errors, [
      { row: 1, column: 'dest_code', code: 'same_port', value: 'cnsgh', original: rows[0] },
      { row: 2, column: 'dest_code', code: 'same_port', value: 'CNSHA', original: rows[1] },
      { row: 3, column: 'dest_code', code: 'same_port', value: 'CNTAC', original: rows[2] },
      { row: 4, column: 'price', code: 'malformed_price', value: 'x', original: rows[3] },
    ])
  })

  t.test('use the present reference data, codes with 0 and 1 included', async t => {
    await it.db.migrator`truncate unmerged_prices`
    await loadReference(it.db.migrator, 'code,name,parent_slug,aliases\nCNTAG,Taicang,china_east_main,CN010\nIT940,Villanova,adriatic,', 'slug,name,parent_slug\nadriatic,Adriatic,\n')
    const { id } = await it.submit(`${header}CNTAG,IT940,2021-01-05,7\nCN010,IT940,2021-01-05,7\nCNTAC,it940,2021-01-05,7\n`)
    t.equal((await it.settled(id, 'applied', 'rejected')).state, 'applied')
    t.same(await lanes(), ['CNTAC IT940 1', 'CNTAG IT940 2'])
  })

  t.test('of a retired port are rejected, in every format, until it is in use again', async t => {
    const actor = { name: 'me', reason: 'a test' }
    await retireLocations(it.db.migrator, ['IT940', 'CNTAG'], 'retire', actor)
    const row = { orig_code: 'EETLL', dest_code: 'IT940', day: '2021-01-05', price: 7 }
    const refused = [
      await it.submit(`${header}EETLL,it940,2021-01-05,7\nCN010,EETLL,2021-01-05,7\n`),
      await it.submit(`${JSON.stringify(row)}\n`, { format: 'ndjson' }),
      await it.submit(JSON.stringify([row]), { format: 'json' }),
    ]
    const errors = await Promise.all(refused.map(async ({ id }) => (await it.settled(id, 'applied', 'rejected')).first_errors))
    t.match(errors, [
      [{ row: 1, column: 'dest_code', code: 'retired_port', value: 'it940' }, { row: 2, column: 'orig_code', code: 'retired_port', value: 'CN010' }],
      [{ row: 1, column: 'dest_code', code: 'retired_port' }],
      [{ row: 1, column: 'dest_code', code: 'retired_port' }],
    ])
    t.same(await lanes(), ['CNTAC IT940 1', 'CNTAG IT940 2'], 'the old prices remain')
    await retireLocations(it.db.migrator, ['IT940', 'CNTAG'], 'unretire', actor)
    const { id } = await it.submit(`${header}EETLL,IT940,2021-01-06,7\n`)
    t.equal((await it.settled(id, 'applied', 'rejected')).state, 'applied')
  })
})
