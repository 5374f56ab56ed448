import fc from 'fast-check'
import t from 'tap'
import { readPlainNumber } from '../../../../../services/ingestion-worker/rows/xlsx/plain-number.ts'

const read = (text: string): number => readPlainNumber(Buffer.from(`<v>${text}</v>`), 3, 3 + text.length)

t.test('a plain number is the double that its text stands for', async () => {
  const digits = (minLength: number, maxLength: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength })
  fc.assert(fc.property(digits(1, 16), digits(0, 16), (whole, decimals) => {
    const text = decimals === '' ? whole : `${whole}.${decimals}`
    return whole.length + decimals.length <= 15 ? Object.is(read(text), Number(text)) : Number.isNaN(read(text))
  }), { numRuns: 20_000 })
})

t.test('any other text is left to the decoder', async t => {
  for (const text of ['', '.', '.5', '5.', '1.2.3', '-1', '+1', '1e3', ' 1', '1 ', '1,5', '0x10', 'NaN', '١', '1234567890123456']) t.ok(Number.isNaN(read(text)), text)
})
