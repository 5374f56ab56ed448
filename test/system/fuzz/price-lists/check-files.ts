import fc from 'fast-check'
import { runs } from '../inputs.ts'
import { faultOf, type Outcome, type Verdict } from './verdict.ts'
import type { Line } from './true-prices.ts'

export type Checked = { list: readonly Line[], verdict: Verdict, outcome: Outcome, /** The file for a person, or in base64. */ shown: string }

/**
 * Checks files until one is read wrongly, and returns the numbers of verdicts. Throws the smallest such file otherwise, with the seed that makes it
 * again.
 */
export async function checkFiles<T> (
  files: fc.Arbitrary<T>, share: number, check: (file: T) => Checked | Promise<Checked>
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  let isShrinking = false
  const smallest = { text: '', counterexample: '' }
  const property = fc.asyncProperty(files, async file => {
    const { list, verdict, outcome, shown } = await check(file)
    const what = verdict.must === 'read' ? 'read' : `${verdict.must}: ${verdict.why}`
    if (!isShrinking) counts[what] = (counts[what] ?? 0) + 1
    const fault = faultOf(verdict, list, outcome)
    if (!fault) return
    isShrinking = true
    smallest.text = `${fault}\n${shown}\nprices: ${outcome.prices.slice(0, 10).join('; ')}\nerrors: ${JSON.stringify(outcome.errors.slice(0, 3))}`
    throw new Error(fault)
  })
  const { failed, seed, counterexamplePath, counterexample, errorInstance } = await fc.check(property, { ...runs(share), endOnFailure: false })
  if (failed) throw new Error(`${smallest.text || String((errorInstance as Error).stack)}\nFUZZ_SEED=${seed} path ${counterexamplePath}: ${JSON.stringify((counterexample as [T] | null)?.[0])}`)
  return counts
}
