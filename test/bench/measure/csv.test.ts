import t from 'tap'
import { lanesCsv } from '../../../bench/measure/csv.ts'

const lanesOf = (csv: string): Set<string> => new Set(csv.trim().split('\n').slice(1).map(line => line.slice(0, 11)))

t.test('each lane has its prices, and other ranges have other lanes', async t => {
  const csv = lanesCsv({ lanes: 700, prices: 3 })
  t.equal(csv.trim().split('\n').length, 1 + 700 * 3)
  t.equal(lanesOf(csv).size, 700)
  const others = lanesOf(lanesCsv({ lanes: 700, firstLane: 700 }))
  t.same([...lanesOf(csv)].filter(lane => others.has(lane)), [])
  t.equal(lanesOf(lanesCsv({ lanes: 50_000 })).size, 50_000)
})

t.test('a sheet of one price a lane is of the given day', async t => {
  t.match(lanesCsv({ lanes: 1, month: '2021-02', day: 28 }), /,2021-02-28,\d+(\.\d+)?\n$/)
})
