import t from 'tap'
import { plot } from '../../../bench/measure/plot.ts'

t.test('a point is placed by the logarithm of its prices and of its time', async t => {
  const svg = plot({ reads: [
    { millions: 1, min: 1, median: 1, max: 1 }, { millions: 10, min: 10, median: 10, max: 10 }, { millions: 100, min: 100, median: 100, max: 100 },
  ] })
  const points = /<polyline points="([^"]+)"/.exec(svg)![1]!.split(' ').map(point => point.split(',').map(Number) as [number, number])
  t.same(points, [[88, 304], [340, 172], [592, 40]], 'the second is in the middle of the others')
  t.match(svg, '>100 M</text>')
  t.match(svg, '>10 ms</text>')
  t.match(svg, '>reads</text>')
})
