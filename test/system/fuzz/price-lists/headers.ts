import fc from 'fast-check'

export type Field = 'orig_code' | 'dest_code' | 'day' | 'price' | 'valid_from' | 'valid_to'

/** Names of the trade, as docs/sending-batches.md has them, in the spelling of the people who use them. */
const names: Record<Field, readonly string[]> = {
  orig_code: ['orig_code', 'POL', 'Origin', 'origin code', 'Port of Loading', 'Load Port', 'Origin-Port', 'ORIG', 'Orig_Code'],
  dest_code: ['dest_code', 'POD', 'Destination', 'destination code', 'Port of Discharge', 'Discharge Port', 'DEST', 'Dest-Code'],
  day: ['day', 'Date', 'DATE', 'Valid', 'Rate Date', 'price_date'],
  price: ['price', 'Rate', 'Price (USD)', 'RATE USD', 'O/F', 'Ocean Freight', 'Freight', '40HC', "40'HC", '40 HQ', '40hc'],
  valid_from: ['valid_from', 'Valid From', 'Validity Start', 'Effective Date', 'START_DATE'],
  valid_to: ['valid_to', 'Valid To', 'Valid until', 'Expiry Date', 'End-Date'],
}

export type Header = {
  /** Fields in the order of the columns; null for a column without a name and without values. */
  order: ReadonlyArray<Field | null>
  names: readonly string[]
  /** Whether a first column without a name counts the rows from 0. */
  hasIndex: boolean
}

const price: Field[] = ['orig_code', 'dest_code', 'day', 'price']
const validity: Field[] = ['orig_code', 'dest_code', 'valid_from', 'valid_to', 'price']

const orders = fc.oneof(
  { weight: 4, arbitrary: fc.constant(price) }, { weight: 3, arbitrary: fc.shuffledSubarray(price, { minLength: 4 }) },
  { weight: 2, arbitrary: fc.shuffledSubarray(validity, { minLength: 5 }) })
const empties = fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }) })

/** Headers with one column for each field, in any order, with synonyms or not, with empty columns and an index or not. */
export const headers: fc.Arbitrary<Header> = fc.record({
  order: orders, empties, isPlain: fc.boolean().map(varies => !varies), choices: fc.array(fc.nat(98), { minLength: 6, maxLength: 6 }),
  hasIndex: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
}).map(({ order, empties, isPlain, choices, hasIndex }) => {
  const columns: Array<Field | null> = [...order]
  for (const at of empties) columns.splice(Math.max(at, hasIndex ? 0 : 1), 0, null) // a first one would be an index
  const written = columns.map((field, at) => field ? names[field][isPlain ? 0 : choices[at % 6]! % names[field].length]! : '')
  return { order: columns, names: hasIndex ? [choices[0]! % 2 ? 'Unnamed: 0' : '', ...written] : written, hasIndex }
})

export const isValidity = ({ order }: Header): boolean => order.includes('valid_to')
