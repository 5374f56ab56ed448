import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dump } from './dump.ts'
import { readHistory, type Entry, type Of } from './history.ts'
import { batchViolations } from './check-batch.ts'
import { correctionViolations } from './check-corrections.ts'
import { orderViolations } from './check-order.ts'
import { positionViolations } from './check-positions.ts'
import { purgeViolations } from './check-purges.ts'
import { summaryOf, textOf } from './check-summary.ts'
import { swapViolations } from './check-swaps.ts'
import { knownBatches, type Known } from './known.ts'
import { withdrawalId } from '../../../lib/batch/withdrawal.ts'
import type { Verdict, Violation } from './verdict.ts'

/** Proves from the observations of the driver and the final contents of the database that A to D held. */
export function check (history: readonly Entry[], dump: Dump): Verdict {
  const of = <T extends Entry['type']>(type: T): Array<Of<T>> => history.filter((entry): entry is Of<T> => entry.type === type)
  const faults = of('fault')
  const known = knownBatches(history, dump)
  const violations: Violation[] = [
    ...known.flatMap(batchViolations),
    ...correctionViolations(known),
    ...purgeViolations(known),
    ...swapViolations(known),
    ...orderViolations(known),
    ...positionViolations(dump, of('positions')),
    ...laneViolations(dump),
    ...strangers(dump, new Set(known.flatMap(sentIds))),
    ...of('died').map(({ process, code, signal, at }): Violation =>
      ({ invariant: 'D', kind: 'other', batch: null, text: `${process} exited by itself at ${at} ms (${signal ?? `code ${code}`})` })),
    ...faults.filter(({ detail }) => detail.startsWith('could not be injected')).map(({ name, at, detail }): Violation =>
      ({ invariant: 'C', kind: 'other', batch: null, text: `${name} at ${at} ms ${detail}` })),
    ...faults.filter(({ detail }) => detail.startsWith('CHANGED')).map(({ at, detail }): Violation =>
      ({ invariant: 'A', kind: 'partial', batch: null, text: `a snapshot ${detail} prices at ${at} ms` })),
  ]
  return { violations, summary: summaryOf(known, faults, violations) }
}

function laneViolations ({ lanes, wrongLanes }: Dump): Violation[] {
  const different = lanes.filter(({ ledger, model }) => ledger[0] !== model[0] || ledger[1] !== model[1]).slice(0, 20)
  const text = ([count, cents]: [number, number]): string => `${count} prices, ${cents} cents`
  const found = different.map(({ lane, day, ledger, model }) => `${lane} ${day}: the ledger has ${text(ledger)}, the read model ${text(model)}`)
  return [
    ...found.map((text): Violation => ({ invariant: 'B', kind: 'other', batch: null, text })),
    ...wrongLanes.map((text): Violation => ({ invariant: 'D', kind: 'other', batch: null, text: `lanes of batch ${text}` })),
  ]
}

/** Returns the ids of the batch and of its withdrawal, if a client has asked for one: by itself, as a part of a purge, or by replacing the batch. */
const sentIds = ({ id, plan: { provider }, takenBackFrom }: Known): string[] =>
  takenBackFrom === Infinity ? [id] : [id, withdrawalId({ provider, id })]

function strangers ({ batches, strays }: Dump, ids: ReadonlySet<string>): Violation[] {
  const found = batches.filter(({ id }) => !ids.has(id))
    .map(({ id }): Violation => ({ invariant: 'D', kind: 'other', batch: null, text: `no client has sent batch ${id}` }))
  if (strays > 0) found.push({ invariant: 'A', kind: 'partial', batch: null, text: `${strays} prices belong to no batch` })
  return found
}

/** `node test/system/faults/check.ts FOLDER`: judges a run by its files. */
if (import.meta.main) {
  const folder = process.argv[2] ?? '.'
  const history = readHistory(join(folder, 'history.ndjson'))
  const verdict = check(history, JSON.parse(readFileSync(join(folder, 'dump.json'), 'utf8')) as Dump)
  console.log(textOf(verdict))
  process.exitCode = verdict.violations.length > 0 ? 1 : 0
}
