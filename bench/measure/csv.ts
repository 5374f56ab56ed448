import { shippedReference } from '../../lib/sample/month.ts'

export type CsvOptions = {
  lanes: number
  /** Prices of each lane, on the days of the month in turn. @defaultValue 1 */
  prices?: number
  /** Index of the first lane. Files with other ranges of lanes have no lane in common. @defaultValue 0 */
  firstLane?: number
  /** Month as `YYYY-MM`. @defaultValue `2021-01` */
  month?: string
  /** Day of the month of the first price, 1 to 28. @defaultValue 1 */
  day?: number
}

const codes = shippedReference().ports.map(({ code }) => code)

/**
 * Returns a batch with the same number of prices for each lane, 1,000 to 5,000 USD, sorted by day. The lanes are pairs of ports, spread over
 * all ports.
 */
export function lanesCsv ({ lanes, prices = 1, firstLane = 0, month = '2021-01', day = 1 }: CsvOptions): string {
  const lines = ['orig_code,dest_code,day,price']
  for (let at = 0; at < prices; at++) {
    const date = `${month}-${String((day - 1 + Math.floor(at * 28 / prices)) % 28 + 1).padStart(2, '0')}`
    for (let lane = firstLane; lane < firstLane + lanes; lane++) {
      const orig = lane % codes.length
      const dest = (orig + 1 + Math.floor(lane / codes.length)) % codes.length
      lines.push(`${codes[orig]},${codes[dest]},${date},${(100_000 + (lane * 7_919 + at * 104_729 + day * 15_485_863) % 400_000) / 100}`)
    }
  }
  return lines.join('\n') + '\n'
}
