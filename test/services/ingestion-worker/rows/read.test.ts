import fc from 'fast-check'
import t from 'tap'
import { formatDay } from '../../../../services/ingestion-worker/rows/values/days.ts'
import { JsonMembers } from '../../../../services/ingestion-worker/rows/json/json-members.ts'
import type { RowFormat } from '../../../../services/ingestion-worker/rows/read.ts'
import { aliases, ports, read, rules, rulesWith } from '../../../harness/read-rows.ts'

const runs = { numRuns: 400, seed: 2021 }
/** Rules with the highest price limit that can be configured. */
const highest = rulesWith({ maxPriceUsd: 20_000_000 })
const formats: RowFormat[] = ['csv', 'ndjson', 'json']
const names = ['orig_code', 'dest_code', 'day', 'price'] as const

type Price = { orig: string, dest: string, day: number, cents: number }

const price: fc.Arbitrary<Price> = fc.record({
  lane: fc.shuffledSubarray(ports, { minLength: 2, maxLength: 2 }),
  day: fc.integer({ min: rules.firstDay, max: rules.lastDay }),
  cents: fc.oneof(fc.integer({ min: 1, max: 2_000_000 }), fc.maxSafeNat().map(cents => 1 + cents % 2_000_000_000)),
}).map(({ lane: [orig, dest], day, cents }) => ({ orig: orig!, dest: dest!, day, cents }))

const prices = fc.array(price, { minLength: 1, maxLength: 30 })
const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 })
const order = fc.shuffledSubarray([...names], { minLength: 4, maxLength: 4 })
/** Generates the choices of a dialect, one for each place that has a choice. The list repeats. */
const choices = fc.infiniteStream(fc.nat(99))

function expected (rows: Price[]) {
  return {
    prices: rows.map(({ orig, dest, day, cents }) => `${orig} ${dest} ${formatDay(day)} ${cents}`),
    errors: [],
    rowsSeen: rows.length,
    stopped: false,
  }
}

/** Returns the values as a client may write them. */
function values ({ orig, dest, day, cents }: Price, pick: () => number): Record<typeof names[number], string> {
  const text = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
  return {
    orig_code: spelling(orig, pick),
    dest_code: spelling(dest, pick),
    day: formatDay(day),
    price: pick() % 2 ? text : text.replace(/\.?0+$/, ''),
  }
}

/** Returns a port's own code or an alias, in upper or lower case. The reader must return the port. */
function spelling (port: string, pick: () => number): string {
  const codes = [port, ...[...aliases].filter(([, of]) => of === port).map(([code]) => code)]
  const code = codes[pick() % codes.length]!
  return pick() % 2 ? code : code.toLowerCase()
}

t.test('a CSV file of any dialect is read as it was written', async () => {
  fc.assert(fc.property(prices, order, sizes, choices, (rows, columns, sizes, stream) => {
    const pick = () => stream.next().value as number
    const separator = pick() % 2 ? ',' : ';'
    const blank = () => pick() % 9 ? '' : pick() % 2 ? '\r\n' : '\n'
    const lines = [columns, ...rows.map(row => columns.map(name => values(row, pick)[name]))]
    let file = pick() % 2 ? '\ufeff' : ''
    for (const [at, line] of lines.entries()) {
      const last = at === lines.length - 1 && pick() % 2
      file += blank() + line.map(value => pick() % 3 ? value : `"${value}"`).join(separator) + (last ? '' : pick() % 2 ? '\r\n' : '\n')
    }
    return same(read('csv', file, highest, sizes), expected(rows))
  }), runs)
})

t.test('NDJSON or a JSON array of any layout is read as it was written', async () => {
  fc.assert(fc.property(prices, order, sizes, choices, fc.constantFrom<RowFormat>('ndjson', 'json'), (rows, keys, sizes, stream, format) => {
    const pick = () => stream.next().value as number
    const space = () => [' ', '\t', '', '', ''][pick() % 5]!
    const newline = () => ['\n', '\r\n'][pick() % 2]!
    const objects = rows.map(row => {
      const written = values(row, pick)
      return '{' + keys.map(key => {
        const value = key === 'price' && pick() % 2 ? written[key] : pick() % 9 ? JSON.stringify(written[key]) : escaped(written[key])
        return `${space()}"${key}"${space()}:${space()}${value}${space()}`
      }).join(',') + '}'
    })
    const file = format === 'json' ? `[${newline()}${objects.join(`,${newline()}`)}${space()}]` : objects.join(newline()) + (pick() % 2 ? newline() : '')
    return same(read(format, file, highest, sizes), expected(rows))
  }), runs)
})

// Bytes with a meaning in a format find more faults than arbitrary bytes.
const shard = fc.oneof(
  fc.uint8Array({ maxLength: 6 }).map(bytes => Buffer.from(bytes)),
  fc.constantFrom(
    ...'",;\n\r{}[]:\\ \0\ufeff', '""', '\r\n', 'orig_code,dest_code,day,price\n', 'CNGGZ', 'EETLL', '2021-01-31', '12.5', '"CNGGZ"', 'null', '1e3', '😀',
    'CNGGZ,EETLL,2021-01-31,12.5\n', '{"orig_code":"CNGGZ","dest_code":"EETLL","day":"2021-01-31","price":12.5}', '"price":', '{"day":', '\\u00', '[{', '}]'
  ).map(text => Buffer.from(text))
)
const begins = { csv: 'orig_code,dest_code,day,price\n', ndjson: '', json: '[' }

t.test('arbitrary bytes are read completely for all chunk sizes, and every row is either good or reported', async () => {
  const shards = fc.array(shard, { maxLength: 40 })
  fc.assert(fc.property(fc.constantFrom(...formats), fc.boolean(), shards, sizes, fc.boolean(), (format, begun, shards, sizes, tight) => {
    const file = Buffer.concat([Buffer.from(begun ? begins[format] : ''), ...shards])
    const given = tight ? rulesWith({ maxRowBytes: 50, maxRows: 5 }) : rules
    const inOneChunk = read(format, file, given)
    const badRows = new Set(inOneChunk.errors.map(error => error.row))
    badRows.delete(0)
    return same(read(format, file, given, sizes), inOneChunk) && badRows.size + inOneChunk.prices.length === inOneChunk.rowsSeen
  }), { ...runs, numRuns: 4000 })
})

t.test('every JSON object is parsed as JSON.parse does', async () => {
  const members = new JsonMembers()
  fc.assert(fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.constantFrom(0, 1, 2), (object, indent) => {
    const bytes = Buffer.from(JSON.stringify(object, null, indent))
    if (!members.find(bytes, 0, bytes.length)) return false
    const text = (member: number, place: number) => bytes.toString('utf8', members.places[member * 4 + place], members.places[member * 4 + place + 1])
    const found = Array.from({ length: members.count }, (_, member) => [JSON.parse(text(member, 0)), JSON.parse(text(member, 2))])
    return same(found, Object.entries(JSON.parse(bytes.toString())))
  }), runs)
})

t.test('a row is a good price only if JSON.parse accepts it', async () => {
  const good = '{"orig_code":"CNGGZ","dest_code":"EETLL","day":"2021-01-31","price":12.5}'
  const change = fc.record({ at: fc.nat(good.length), drop: fc.nat(2), text: fc.constantFrom('', ...'"{}[]:,\\ 0.-e\t', 'null', '""', '5') })
  fc.assert(fc.property(fc.array(change, { maxLength: 3 }), changes => {
    const text = changes.reduce((text, { at, drop, text: put }) => text.slice(0, at) + put + text.slice(at + drop), good)
    const { prices, errors } = read('ndjson', text)
    const isJson = (() => { try { return typeof JSON.parse(text) } catch { return false } })()
    return prices.length > 0 ? isJson !== false : isJson !== false || errors.every(error => error.code === 'malformed_json' || error.code === 'no_rows')
  }), { ...runs, numRuns: 5000 })
})

function escaped (text: string): string {
  return `"${text.replaceAll(/./g, character => '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0'))}"`
}

function same (a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
