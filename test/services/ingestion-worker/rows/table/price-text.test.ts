import t from 'tap'
import { readPriceText } from '../../../../../services/ingestion-worker/rows/table/price-text.ts'

t.test('prices with one reading', async t => {
  for (const [text, cents, proves] of [
    ['1180', 118000, null], ['007', 700, null], ['1180.5', 118050, '.'], ['1180,5', 118050, ','], ['1180.50', 118050, '.'], ['1180,50', 118050, ','],
    ['1,180.50', 118050, '.'], ['1.180,50', 118050, ','], ['1,180.500', 118050, '.'], ['1.234.567', 123456700, ','], ['1,234,567', 123456700, '.'],
    ['1 180', 118000, null], ['1\u00a0180,50', 118050, ','], ['1\u202f180.5', 118050, '.'], ["1'180.50", 118050, '.'], ['1\u2019180', 118000, null],
    ['1180.5000', 118050, '.'], ['1180.000', 118000, '.'], ['0.180', 18, '.'], ['0,500', 50, ','], ['12180.75', 1218075, '.'],
    ['1180.4999999999998', 118050, '.'], ['1180.5000000000002', 118050, '.'], ['$1180.50', 118050, '.'], ['US$ 1,180.50', 118050, '.'],
    ['1180.50 USD', 118050, '.'], ['usd 1180', 118000, null], ['1180 $', 118000, null],
  ] as const) t.same(readPriceText(text), { cents, proves }, text)
})

t.test('prices with two readings', async t => {
  for (const [text, digits, sign] of [['1.180', 1180, '.'], ['1,180', 1180, ','], ['12.345', 12345, '.'], ['999,999', 999999, ','], ['$1,180', 1180, ',']] as const) {
    t.same(readPriceText(text), { digits, sign }, text)
  }
})

t.test('prices that are refused', async t => {
  for (const [text, code] of [
    ['', 'malformed_price'], ['abc', 'malformed_price'], ['1e3', 'malformed_price'], ['1.18E3', 'malformed_price'], ['.5', 'malformed_price'], ['5.', 'malformed_price'],
    ['+5', 'malformed_price'], ['1,18,050', 'malformed_price'], ['0,180,500', 'malformed_price'], ['0 180', 'malformed_price'], ['1.180.50', 'malformed_price'], ['1,180,50', 'malformed_price'], ['1.180,50,1', 'malformed_price'],
    ['1 18', 'malformed_price'], ['1180 .5', 'malformed_price'], ['(1180)', 'malformed_price'], ['11.80%', 'malformed_price'], ['1180-1200', 'malformed_price'],
    ['0', 'price_not_positive'], ['0.00', 'price_not_positive'], ['-5', 'price_not_positive'], ['-1,180.50', 'price_not_positive'],
    ['1180.496', 'price_decimals'], ['1180.4999', 'price_decimals'], ['1180.49999', 'price_decimals'], ['1180.49999999', 'price_decimals'], ['1234.005', 'price_decimals'],
    ['12345678901', 'price_too_large'], ['€ 1180', 'other_currency'], ['1180 EUR', 'other_currency'], ['CNY1180', 'other_currency'], ['A$1180', 'other_currency'], ['HK$ 1180', 'other_currency'], ['1180 C$', 'other_currency'], ['£1,180.50', 'other_currency'],
  ] as const) t.same(readPriceText(text), { code }, text)
})

t.test('a long text is no price, and costs linear time', async t => {
  for (const text of [`1${' '.repeat(60_000)}1`, `EUR${' '.repeat(60_000)}x1`, `-${' '.repeat(60_000)}x`, '1'.repeat(60_000)]) t.same(readPriceText(text), { code: 'malformed_price' })
})
