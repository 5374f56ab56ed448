import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { ingestionApi } from '../../harness/ingestion-api.ts'
import { sendingTo } from '../../harness/submissions.ts'

const folder = new URL('../../cases/sheets/', import.meta.url)
const types: Record<string, string> = {
  csv: 'text/csv', json: 'application/json', zip: 'application/zip', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  parquet: 'application/vnd.apache.parquet',
}
/** The prices of a file that is read, or its one cause. */
const outcomes: Record<string, number | string> = {
  'datetime.csv': 1, 'de-excel-cp1252.csv': 3, 'floatnoise.csv': 1, 'header-spaces-caps.csv': 1, 'pandas-records.json': 3, 'prices.csv.zip': 3, 'prices.parquet': 3,
  'prices.xlsx': 3, 'sep-line.csv': 1, 'totals-line.csv': 'totals_row', 'trailing-blank-cols.csv': 2, 'trailing-space.csv': 1, 'us-thousands.csv': 2, 'x10.csv': 12,
}

t.test('files as people save them are read, or refused with one cause', async t => {
  const api = await ingestionApi(t)
  const { untilFinal, visible } = sendingTo(t, api)
  t.same(readdirSync(folder).filter(name => name !== 'README.md'), Object.keys(outcomes).sort())
  for (const [name, outcome] of Object.entries(outcomes)) {
    for (const type of [types[name.split('.').at(-1)!]!, 'application/octet-stream']) {
      const { status, body } = await api.submit(readFileSync(new URL(name, folder)), { headers: { 'content-type': type, 'idempotency-key': `${name}-${type}` } })
      t.equal(status, 202, `${name} as ${type}: ${body.detail}`)
      if (status !== 202) continue
      const batch = await untilFinal(body.id)
      if (typeof outcome === 'string') t.match(batch, { state: 'rejected', first_errors: [{ code: outcome }], error_count: 1 }, name)
      else {
        t.match(batch, { state: 'applied', rows: outcome, understood: { prices: outcome } }, name)
        t.equal(await visible(body.id), outcome, name)
      }
    }
  }
})
