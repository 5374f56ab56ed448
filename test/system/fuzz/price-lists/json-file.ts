import fc from 'fast-check'
import { badDays, badPrices } from './plants.ts'
import { chooser, portCodes, priceLists, type Line } from './true-prices.ts'
import { verdictOf, type Verdict } from './verdict.ts'
import { dayStyles, writeDay, type DayStyle } from './write-day.ts'
import { priceStyles, writePrice, type PriceStyle } from './write-price.ts'

export type JsonFile = {
  list: Line[], dayStyle: DayStyle, priceStyle: PriceStyle
  format: 'json' | 'ndjson', days: 'text' | 'ISO' | 'milliseconds', prices: 'text' | 'number' | 'double'
  keys: readonly string[], isIndented: boolean
  plant: { field: string, at: number, text: string } | null
}

export const jsonFiles: fc.Arbitrary<JsonFile> = fc.record({
  list: priceLists.map(lines => lines.map(line => ({ ...line, lastDay: line.day }))), dayStyle: dayStyles, priceStyle: priceStyles,
  format: fc.constantFrom<Array<'json' | 'ndjson'>>('json', 'ndjson'),
  days: fc.constantFrom<Array<JsonFile['days']>>('ISO', 'milliseconds', 'text'),
  prices: fc.constantFrom<Array<JsonFile['prices']>>('number', 'double', 'text'),
  keys: fc.shuffledSubarray(['orig_code', 'dest_code', 'day', 'price'], { minLength: 4 }), isIndented: fc.boolean(),
  plant: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.record({ field: fc.constant('price'), at: fc.nat(999), text: fc.constantFrom(...badPrices) }) },
    { weight: 1, arbitrary: fc.record({ field: fc.constant('day'), at: fc.nat(999), text: fc.constantFrom(...badDays) }) }),
})

/** Writes JSON or NDJSON. Its values have the standard forms, the numbers of a data frame, or any other form, which may be refused. */
export function writeJson (file: JsonFile): { bytes: Buffer, verdict: Verdict } {
  const { list, dayStyle, priceStyle, format, days, prices, keys, isIndented, plant } = file
  const rows = list.map((line, at) => {
    const choose = chooser(line.noise)
    const iso = new Date(line.day * 86_400_000).toISOString().slice(0, 10)
    const price = line.cents / 100
    const near = price + choose.one([0, 1, -1]) * 2 ** (Math.floor(Math.log2(price)) - 52)
    const values: Record<string, string | number> = {
      orig_code: portCodes[line.orig]!, dest_code: portCodes[line.dest]!,
      day: days === 'ISO' ? iso : days === 'milliseconds' ? line.day * 86_400_000 : writeDay(line.day, dayStyle, choose).text,
      price: prices === 'text' ? writePrice(line.cents, priceStyle, choose).text : prices === 'double' ? near : price,
    }
    if (plant && at === plant.at % list.length) values[plant.field] = plant.text
    return Object.fromEntries(keys.map(key => [key, values[key]!]))
  })
  const text = format === 'json' ? JSON.stringify(rows, null, isIndented ? 2 : 0) : rows.map(row => JSON.stringify(row)).join('\n')
  const verdict = plant ? verdictOf([], [], `bad ${plant.field}`) : days === 'text' || prices === 'text' ? { must: 'never wrong' as const, why: 'other forms in JSON' } : verdictOf([], [], null)
  return { bytes: Buffer.from(text), verdict }
}
