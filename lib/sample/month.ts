import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { monthLength } from '../calendar/month-length.ts'
import { readReference, type Reference } from '../reference/read.ts'
import { isExample, pickLanes, type Lane } from './lanes.ts'
import { seededRandom, shuffle, type Random } from './random.ts'

/** A price as a provider sends it: USD for one container on one day. */
export type SamplePrice = { orig_code: string, dest_code: string, day: string, price: number }

export type SampleOptions = {
  /** Integer that determines the whole sample. Other seeds give other lanes and prices. @defaultValue 2021 */
  seed?: number
  /** Month as `YYYY-MM`. The lanes are the same in every month. @defaultValue `2021-01` */
  month?: string
  /** Number of lanes. @defaultValue 712 */
  lanes?: number
  /** Approximate number of prices. For large numbers the error is about one percent. @defaultValue 57000 */
  prices?: number
}

/** Pairs of quotes per lane and day, and the share of days that have this many. */
const quoteShares = [[3, 0.725], [2, 0.17], [1, 0.07], [0, 0.035]] as const
const meanQuotes = quoteShares.reduce((sum, [quotes, share]) => sum + quotes * share, 0)

/** The quotes of the example's lane on the days that design and README show, for all options. Its other days are random. */
const exampleQuotes: Record<string, number[]> = {
  '2021-01-31': [1118, 1191, 1154], // a mean of 1154.3333333333333
  '2021-01-30': [1163, 1140],
  '2021-01-17': [],
}

/**
 * Generates a month of prices in the order in which a provider would send them: day by day, with mixed lanes.
 * The same options and ports give the same prices on every machine, because all operations are exactly defined by IEEE 754.
 */
export function * sampleMonth (
  reference: Reference, { seed = 2021, month = '2021-01', lanes: laneCount = 712, prices = 57_000 }: SampleOptions = {}
): Generator<SamplePrice, void, undefined> {
  const lanes = pickLanes(reference, laneCount, seededRandom(seed))
  const days = daysOf(month)
  const depth = prices / (laneCount * days.length * meanQuotes)
  const random = seededRandom(seed, Number(month.slice(0, 4)), Number(month.slice(5)))
  const levels = lanes.map(({ price }) => price)

  for (const day of days) {
    const rows: SamplePrice[] = []
    for (const [index, lane] of lanes.entries()) {
      const level = levels[index] = drift(levels[index]!, lane.price, random)
      for (const price of quotes(lane, day, level, depth, random)) {
        rows.push({ orig_code: lane.orig_code, dest_code: lane.dest_code, day, price })
      }
    }
    yield * shuffle(rows, random)
  }
}

/** Returns the month as the CSV file that a provider would send, between the ports of sql/reference/. */
export function sampleCsv (options?: SampleOptions): string {
  const lines = ['orig_code,dest_code,day,price']
  for (const { orig_code: orig, dest_code: dest, day, price } of sampleMonth(shippedReference(), options)) {
    lines.push(`${orig},${dest},${day},${price}`)
  }
  return lines.join('\n') + '\n'
}

/** Reads the ports and regions of sql/reference/. */
export function shippedReference (): Reference {
  const read = (file: string) => readFileSync(join(import.meta.dirname, '../../sql/reference', file), 'utf8')
  return readReference(read('ports.csv'), read('regions.csv'))
}

function daysOf (month: string): string[] {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) throw new RangeError(`${month} is not a month as YYYY-MM`)
  const count = monthLength(Number(month.slice(0, 4)), Number(month.slice(5)))
  return Array.from({ length: count }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`)
}

/** Moves a price by up to 1 % in either direction, and pulls it back towards the usual price. Without the pull, prices would drift away. */
function drift (level: number, usual: number, random: Random): number {
  return level + usual * 0.02 * (random() - 0.5) + (usual - level) * 0.05
}

function quotes (lane: Lane, day: string, level: number, depth: number, random: Random): number[] {
  // Random numbers are drawn for the example's days too, so that the fixed quotes do not change other prices.
  const generated: number[] = []
  for (let left = quoteCount(depth, random); left > 0; left--) {
    const price = Math.max(1, Math.round(level * (1 + 0.06 * (random() + random() - 1))))
    // Sometimes two providers quote the same price, or one provider sends its quote twice.
    generated.push(generated.length > 0 && random() < 0.03 ? generated[generated.length - 1]! : price)
  }
  return (isExample(lane) && exampleQuotes[day]) || generated
}

function quoteCount (depth: number, random: Random): number {
  let at = random()
  for (const [quotes, share] of quoteShares) {
    // Rounds up with the probability of the fraction, so that the mean is right for any number of prices.
    if (at < share) return Math.floor(quotes * depth + random())
    at -= share
  }
  return 0
}
