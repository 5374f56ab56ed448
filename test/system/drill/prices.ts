import { sampleMonth, shippedReference, type SamplePrice } from '../../../lib/sample/month.ts'

/** Ports that have another code in earlier releases: their workers would reject a row with the present code. */
const renamed = new Set(['CNTAC', 'THSGK'])

/** Yields the prices of the sample month repeatedly. */
export function * pricesToSend (): Generator<SamplePrice, never> {
  const shipped = shippedReference()
  const reference = { ...shipped, ports: shipped.ports.filter(({ code }) => !renamed.has(code)) }
  for (let seed = 1; ; seed++) yield * sampleMonth(reference, { seed })
}

export function csv (rows: SamplePrice[]): string {
  return 'orig_code,dest_code,day,price\n' + rows.map(row => `${row.orig_code},${row.dest_code},${row.day},${row.price}\n`).join('')
}
