import assert from 'node:assert/strict'
import type { Check } from './check.ts'
import { csv, send, type Price } from './batches.ts'
import { expectPrices, type Lane } from './fixture.ts'
import { callIngestionApi } from './target.ts'

const many = (lane: Lane, day: string): Price[] => Array.from({ length: 1_000 }, (_, index) => ({ ...lane, day, cents: 100 + index }))

/** A batch with a bad row: none of its rows is visible, and its provider gets the reason. */
export const rejected: Check[] = [
  {
    name: 'batches: one bad row of 1,002 and no price is visible; every error is named, as CSV and as NDJSON',
    async run ({ target, fixture, unique }) {
      const lane = await fixture.lane()
      const day = fixture.days[0]!
      const bad = `${lane.orig},QQQQQ,${day},12.50\n${lane.orig},${lane.dest},${day.slice(0, 4)}-02-30,1.234\n`
      const batch = await send(target, csv(many(lane, day)) + bad, { key: unique('bad') })
      assert.deepEqual([batch.state, batch.error_count], ['rejected', 3])
      await expectPrices(target, lane, fixture.days, [])

      const expected = [[1001, 'dest_code', 'QQQQQ', 'unknown_port'], [1002, 'day', `${day.slice(0, 4)}-02-30`, 'not_a_day'], [1002, 'price', '1.234', 'price_decimals']]
      const brief = (error: Record<string, unknown>): unknown[] => [error.row, error.column, error.value, error.code]
      assert.deepEqual(batch.first_errors.map(brief), expected)
      const ndjson = await callIngestionApi(target, `/batches/${batch.id}/errors`, { headers: { accept: 'application/x-ndjson' } })
      assert.match(ndjson.headers.get('content-type')!, /^application\/x-ndjson/)
      const errors = ndjson.text.trimEnd().split('\n').map(line => JSON.parse(line))
      assert.deepEqual(errors.map(brief), expected)
      assert.equal(errors[0].original, bad.split('\n')[0])
      const asCsv = await callIngestionApi(target, `/batches/${batch.id}/errors`, { headers: { accept: 'text/csv' } })
      assert.match(asCsv.headers.get('content-type')!, /^text\/csv/)
      const lines = asCsv.text.trimEnd().split(/\r?\n/)
      assert.equal(lines[0], 'row,column,value,code,message,original')
      assert.deepEqual(lines.slice(1).map(line => line.split(',').slice(0, 4)), expected.map(values => values.map(String)))
    },
  },
  {
    name: 'batches: a dry run is validated or rejected, changes no data, and does not replace the batch',
    async run ({ target, fixture, unique }) {
      const lane = await fixture.lane()
      const prices = many(lane, fixture.days[5]!)
      const dry = await send(target, csv(prices), { dryRun: true, key: unique('dry') })
      assert.deepEqual([dry.state, dry.mode, dry.rows], ['validated', 'dry_run', 1_000])
      await expectPrices(target, lane, fixture.days, [])
      const bad = await send(target, `${csv(prices)}${lane.orig},${lane.orig},${fixture.days[5]},1\n`, { dryRun: true })
      assert.deepEqual([bad.state, bad.first_errors[0].code], ['rejected', 'same_port'])
      const real = await send(target, csv(prices), { key: unique('dry') })
      assert.deepEqual([real.state, real.mode], ['applied', 'apply'])
      assert.notEqual(real.id, dry.id)
      await expectPrices(target, lane, fixture.days, prices)
    },
  },
]
