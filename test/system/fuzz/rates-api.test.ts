import fc from 'fast-check'
import t from 'tap'
import { ratesApi } from '../../harness/rates-api.ts'
import { query, runs, text } from './inputs.ts'

t.test('for any request, the rates API responds below 500, as its OpenAPI document says', async t => {
  const api = await ratesApi(t)
  const statuses: Record<number, number> = {}
  const accepted = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(undefined, 'text/csv', '*/*') },
    { weight: 1, arbitrary: text.map(value => value.replace(/[^\x20-\x7e]/g, '')) })
  const right = fc.record({
    date_from: fc.constantFrom('2021-01-01', '2020-02-29'), date_to: fc.constantFrom('2021-01-31', '2020-12-31', '2021-02-30'), orig_code: text, dest_code: text,
  }).map(parameters => new URLSearchParams(parameters).toString())
  const requests = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constant('/rates'), right) },
    { weight: 5, arbitrary: fc.tuple(fc.constant('/rates'), query(['date_from', 'date_to', 'orig_code', 'dest_code'])) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('/locations'), query(['q', 'limit'])) })
  await fc.assert(fc.asyncProperty(requests, accepted, async ([path, queryText], accept) => {
    const { status } = await api.get(path, queryText, accept === undefined ? {} : { headers: { accept } })
    statuses[status] = (statuses[status] ?? 0) + 1
    if (status >= 500) throw new Error(`${status} for ${path}?${queryText}`)
  }), runs(0.2))
  t.comment(JSON.stringify(statuses))
})
