import type { Summary } from './drill.ts'

export function textOf ({ requests, failures, rounds, ends, states, ledger, seconds, isWell }: Summary): string {
  const all = Object.values(requests).reduce((sum, count) => sum + count, 0)
  return [
    '',
    ...rounds.map(({ round, version, outcome, wrong }) => `${wrong ? '✗' : '✓'} ${version}, ${round}: ${outcome}`),
    `requests   ${all}: ${listOf(requests)}`,
    `failed     ${failures.length}`,
    ...failures.slice(0, 20).map(({ at, kind, text }) => `           ${at} ${kind}: ${text}`),
    `tasks      ended with ${listOf(ends)}`,
    `batches    as the clients saw them: ${listOf(states)}`,
    `           as the database has them: ${listOf(ledger.states)}; lost ${ledger.lost}, doubled ${ledger.doubled}`,
    ...ledger.wrong.slice(0, 20).map(text => `           ${text}`),
    `${isWell ? 'well' : 'NOT WELL'}, in ${seconds} s`,
  ].join('\n')
}

const listOf = (counts: Record<string, number>): string => Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', ') || 'none'
