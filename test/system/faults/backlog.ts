import { parseArgs } from 'node:util'
import { flood, type ResponseTimes } from './flood.ts'

/**
 * `node test/system/faults/backlog.ts [--batches 10000]`: a backlog of this many small batches of three providers. Workers apply it while a fourth
 * provider sends and an analyst queries rates. Exits with 1 if the fourth provider or the analyst is not served.
 */
const { values } = parseArgs({ options: { batches: { type: 'string', default: '10000' } } })
const batches = Number(values.batches)
const { depth, oldestSeconds, listed, acceptedPerSecond, appliedPerSecond, others, rates, ratesBefore, ...totals } = await flood(batches, console.log)
const waits = others.map(({ ms }) => ms).toSorted((one, another) => one - another)
const text = ({ count, failed, p50Ms, p95Ms, maxMs }: ResponseTimes): string => `${count} requests, ${failed} failed; p50 ${p50Ms} ms, p95 ${p95Ms} ms, at most ${maxMs} ms`
console.log([
  `backlog   ${depth} messages, oldest batch ${oldestSeconds.toFixed(1)} s; one of three providers sees ${listed.batches}${listed.more ? ' and more' : ''}`,
  `speed     ${acceptedPerSecond.toFixed(0)} batches a second accepted, ${appliedPerSecond.toFixed(0)} applied`,
  `others    ${others.length} batches of a fourth provider meanwhile: p50 ${waits[waits.length >> 1]} ms, p95 ${waits[Math.floor(waits.length * 0.95)]} ms, at most ${waits.at(-1)} ms`,
  `/rates    before: ${text(ratesBefore)}`,
  `          during: ${text(rates)}`,
  `at end    ${totals.applied} batches applied, ${totals.prices} prices, ${totals.readModel} in the read model, ${totals.idempotencyRecords} idempotency records`,
].join('\n'))
const all = batches + others.length
const isComplete = totals.applied === all && totals.idempotencyRecords === all && totals.prices === 3 * all && totals.readModel === 3 * all
if (!isComplete || rates.failed > 0 || others[0]!.left === 0) process.exitCode = 1
