import { parseArgs } from 'node:util'
import { flood, type Answers } from './flood.ts'

/**
 * `node test/system/faults/backlog.ts [--batches 10000]`: a backlog of so many small batches of three providers, worked off while a
 * fourth one sends and an analyst asks. Exits with 1 when one of them had to do without.
 */
const { values } = parseArgs({ options: { batches: { type: 'string', default: '10000' } } })
const batches = Number(values.batches)
const { depth, oldestSeconds, listed, acceptedPerSecond, appliedPerSecond, others, rates, ratesBefore, ...end } = await flood(batches, console.log)
const waits = others.map(({ ms }) => ms).toSorted((one, another) => one - another)
const text = ({ count, failed, p50Ms, p95Ms, maxMs }: Answers): string => `${count} asked, ${failed} failed; p50 ${p50Ms} ms, p95 ${p95Ms} ms, at most ${maxMs} ms`
console.log([
  `backlog   ${depth} messages, oldest batch ${oldestSeconds.toFixed(1)} s; one of three providers sees ${listed.batches}${listed.more ? ' and more' : ''}`,
  `speed     ${acceptedPerSecond.toFixed(0)} batches a second accepted, ${appliedPerSecond.toFixed(0)} applied`,
  `others    ${others.length} batches of a fourth provider meanwhile: p50 ${waits[waits.length >> 1]} ms, p95 ${waits[Math.floor(waits.length * 0.95)]} ms, at most ${waits.at(-1)} ms`,
  `/rates    before: ${text(ratesBefore)}`,
  `          during: ${text(rates)}`,
  `at end    ${end.applied} batches applied, ${end.prices} prices, ${end.readModel} in the read model, ${end.markers} markers`,
].join('\n'))
const all = batches + others.length
const isWhole = end.applied === all && end.markers === all && end.prices === 3 * all && end.readModel === 3 * all
if (!isWhole || rates.failed > 0 || others[0]!.left === 0) process.exitCode = 1
