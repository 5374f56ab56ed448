import fc from 'fast-check'

/** One thing that is wrong in a price list, or that contradicts the rest of it. `at` is a seed of its line. */
export type Plant =
  | { kind: 'other order of days' | 'other decimal sign' | 'other form of days' | 'total' | 'value beyond the columns' | 'missing value' | 'unquoted decimals', at: number }
  | { kind: 'bad day' | 'bad price' | 'bad port', at: number, text: string }
  | { kind: 'bad header', name: string }

/** Texts that are no day, whatever the convention of the file. */
export const badDays = [
  '2021-02-30', '31/02/2021', '30.02.2021', '32.01.2021', '00/01/2021', '2021-13-01', '13/13/2021', '01/02/21', '1.2.21', '2021-01-31 08:00', '2021-01-31T16:00:00Z', '2021-01-31T00:00:00+08:00',
  '31.01.2021 12:00 PM', 'TBA', '', '-', 'Q1 2021', '2021-01', 'Jan 2021', '31-Foo-2021', '2021', '#N/A', '31/01-2021', 'KW 5', '0', '29.02.2021', '2021-02-29', 'n/a', '2021-01-31 00:00:00.001', '2021-01-31 24:00', '１.２.2021', '31-Jan-21',
]
/** Texts that are no price in USD, whatever the decimal sign of the file. */
export const badPrices = [
  '', '-', 'TBA', 'n/a', '0', '0.00', '0,00', '-5', '-1.180,50', '€ 1180', '1180 EUR', '£5', 'CNY 10', '¥100', 'A$5', 'HK$ 100', '1e3', '1.18E3', '1180.496', '1180,496', '1,18,050', '1.180.50',
  '1,180,50', '(1180)', '1180-1200', '+5', '.5', '5.', ',5', '12,34.5', '1 18', '１１８０', '1_000', '1180.4999', '#N/A', '100 per day', '5%', '0x10', 'Infinity', 'NaN', '1180.50.00', '$', 'USD',
  '1180 USD EUR', '99999999999', '1\u00a018', '1180,5,', 'free', '2021-01-31', '1 180 50', '1,1805', '12.3456,5', '1,180.50 / 1,200.00', '1180.50*', '~1180', '1.180,500.00', '1180.4961234567890', '1180.5000012345678', '1180,4999990000001',
]
export const badPorts = ['', 'XXXXX', 'CNGG', 'CNGGZZ', 'CN GGZ', 'Shanghai', 'СNGGZ', 'CNGGZ/CNSGH', '?', 'CN\u200bGGZ', '#REF!', 'CNGGZ EETLL']
/** Names of one more column. A second name of a price is refused too. */
export const badNames = ['carrier', 'remarks', 'Price EUR', '20GP', '40RF', 'price €', 'POL', 'currency', 'Rate', 'Date', 'Total', 'Valid To']

const at = fc.nat(999)
const of = <T extends Plant['kind']> (kind: T) => fc.record({ kind: fc.constant(kind), at })
const bad = <T extends Plant['kind']> (kind: T, texts: readonly string[]) => fc.record({ kind: fc.constant(kind), at, text: fc.constantFrom(...texts) })

/** A plant in a half of the files. */
export const plants: fc.Arbitrary<Plant | null> = fc.oneof(
  { weight: 9, arbitrary: fc.constant(null) },
  { weight: 3, arbitrary: of('other order of days') }, { weight: 3, arbitrary: of('other decimal sign') }, { weight: 1, arbitrary: of('other form of days') },
  { weight: 1, arbitrary: of('unquoted decimals') }, { weight: 1, arbitrary: of('total') }, { weight: 1, arbitrary: of('value beyond the columns') }, { weight: 1, arbitrary: of('missing value') },
  { weight: 1, arbitrary: bad('bad day', badDays) }, { weight: 1, arbitrary: bad('bad price', badPrices) }, { weight: 1, arbitrary: bad('bad port', badPorts) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bad header' as const), name: fc.constantFrom(...badNames) }) }) as fc.Arbitrary<Plant | null>
