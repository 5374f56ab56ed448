import type { Corrections } from './corrections.ts'
import type { Crossing } from './crossing.ts'
import type { Ledger } from './ledger.ts'
import type { Failure } from './load.ts'
import type { Round } from './rounds.ts'
import type { ContractOutcome } from './side-by-side.ts'

export type Summary = {
  requests: Record<string, number>
  failures: Failure[]
  /** Each round with its outcome; `wrong` if the outcome is not the expected one. */
  rounds: Array<{ round: Round, version: string, outcome: string, wrong: boolean }>
  /** Exit results of the stopped tasks: all should be 0. */
  exitCodes: Record<string, number>
  /** Final states of the batches, as the clients saw them. */
  states: Record<string, number>
  /** Batches that clients have withdrawn and replaced. */
  corrections: Corrections
  /** Workbooks that clients have sent. `refused`: an ingestion API of a release that does not read them has answered. */
  workbooks: { accepted: number, refused: number }
  ledger: Ledger
  /** Files that were sent to the first release and to the next. */
  crossings: readonly Crossing[]
  /** The contract, replayed against the first release and against both releases side by side. */
  contract: ContractOutcome[]
  seconds: number
  hasPassed: boolean
}

export function textOf (summary: Summary): string {
  const { requests, failures, rounds, exitCodes, states, corrections, workbooks, ledger, crossings, contract, seconds, hasPassed } = summary
  const all = Object.values(requests).reduce((sum, count) => sum + count, 0)
  return [
    '',
    ...rounds.map(({ round, version, outcome, wrong }) => `${wrong ? '✗' : '✓'} ${version}, ${round}: ${outcome}`),
    `requests   ${all}: ${listOf(requests)}`,
    `failed     ${failures.length}`,
    ...failures.slice(0, 20).map(({ at, kind, text }) => `           ${at} ${kind}: ${text}`),
    `tasks      exited with ${listOf(exitCodes)}`,
    `batches    as the clients saw them: ${listOf(states)}`,
    `           as the database has them: ${listOf(ledger.states)}; lost ${ledger.lost}, doubled ${ledger.doubled}`,
    `corrected  ${corrections.withdrawn} withdrawn, ${corrections.replaced} replaced; ${corrections.refused} refused by the first release`,
    `workbooks  ${workbooks.accepted} accepted; ${workbooks.refused} refused by the first release`,
    `crossings  ${crossings.length} files sent to both releases, accepted as ${crossings.flatMap(({ ids }) => [...new Set(ids)]).length} batches`,
    ...contract.flatMap(({ release, exchanges, differences }) => [
      `contract   ${release}: ${exchanges} exchanges, ${differences.length} differences`, ...differences.map(text => `           ${text}`)]),
    ...ledger.wrong.slice(0, 20).map(text => `           ${text}`),
    `${hasPassed ? 'passed' : 'FAILED'}, in ${seconds} s`,
  ].join('\n')
}

const listOf = (counts: Record<string, number>): string => Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', ') || 'none'
