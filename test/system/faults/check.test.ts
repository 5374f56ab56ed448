import t from 'tap'
import { batchId } from '../../../lib/batch/batch.ts'
import { check } from './check.ts'
import type { Dump } from './dump.ts'
import type { Entry, Of } from './history.ts'
import { guardedProvider, noCorrection } from './plan-corrections.ts'
import { withdrawalId } from '../../../lib/batch/withdrawal.ts'

const rows = 11
const idOf = (key: string): string => batchId('north', 'apply', { kind: 'key', value: key })
const plan = (batch: number, kind: Of<'batch'>['kind'] = 'good', own: Partial<Of<'batch'>> = {}): Entry => ({
  type: 'batch', batch, provider: 'north', kind, shape: 'csv', key: `k${batch}`, orig: 'AAAAA', dest: 'BBBBB', cents: 100, rows, ownRows: 10, ...noCorrection,
  ...own,
})
const sent = (batch: number, at: number, status = 202): Entry => ({ type: 'submit', batch, at, until: at + 5, status, id: idOf(`k${batch}`) })
const seen = (batch: number, at: number, count: number, by: 'ledger' | 'rates' = 'ledger'): Entry => ({ type: 'seen', batch, by, at, until: at + 5, rows: count })
const poll = (batch: number, at: number, state: string): Entry => ({ type: 'poll', batch, at, until: at + 5, state })
const record = (batch: number, own: Partial<Dump['batches'][number]> = {}): Dump['batches'][number] => ({
  id: idOf(`k${batch}`), provider: 'north', mode: 'apply', state: 'applied', reason: null, finishedAt: 1_000 + batch, attempts: 1, errors: 0,
  rows, cents: rows * 100, marked: rows, position: batch + 1, appliedAt: 1_000 + batch,
  positive: own.rows ?? rows, negative: 0, takenBackAt: null, replacedBy: null, firstError: null, purged: false, ...own,
})
const nothing = { rows: 0, cents: 0, marked: null, position: null, appliedAt: null, positive: 0 }
const dumpOf = (...batches: Dump['batches']): Dump =>
  ({
    batches, lanes: [], strays: 0, wrongLanes: [],
    positions: batches.flatMap(({ position, appliedAt }) => position === null ? [] : [{ position, at: appliedAt! }]),
    lastPosition: batches.filter(({ marked }) => marked !== null).length,
  })

/** Returns the verdict on two good batches, with entries that are added or replaced. */
function verdict (more: Entry[], dump: Dump = dumpOf(record(0), record(1))): string[] {
  const history = [plan(0), plan(1), sent(0, 0), sent(1, 20), poll(0, 30, 'queued'), poll(0, 60, 'applied'), seen(0, 40, 0), seen(0, 60, rows), seen(0, 80, 10, 'rates')]
  return check([...history, ...more], dump).violations.map(({ invariant, kind, text }) => `${invariant} ${kind}: ${text}`)
}

t.test('a run without violations', async t => {
  t.same(verdict([]), [])
  t.same(verdict([{ ...plan(2, 'bad') }, sent(2, 100), poll(2, 120, 'rejected')], dumpOf(record(0), record(1), record(2, { state: 'rejected', errors: 1, ...nothing }))), [])
  t.same(verdict([plan(2, 'corrupt'), sent(2, 100)], dumpOf(record(0), record(1), record(2, { state: 'dead_lettered', ...nothing }))), [])
  t.same(verdict([poll(0, 90, 'accepted')]), [], 'the database was unavailable')
  t.match(check([plan(0), sent(0, 0), { type: 'fault', name: 'some fault', at: 1, until: 2, detail: '' }], dumpOf(record(0))).summary,
    { batches: 1, accepted: 1, states: { applied: 1 }, faults: { 'some fault': 1 }, lost: 0, doubled: 0, partial: 0, wrongStates: 0, other: 0 })
})

const caught: Array<[name: string, expected: RegExp, more: Entry[], dump?: Dump]> = [
  ['a reader sees a part', /^A partial: batch 0: ledger had 5 of 11 rows at 50 ms/, [seen(0, 50, 5)]],
  ['a lane shows a part', /^A partial: batch 0: rates had 9 of 10 rows/, [seen(0, 90, 9, 'rates')]],
  ['a reader sees too much', /^B doubled: batch 0: ledger had 22 of 11 rows/, [seen(0, 90, 22)]],
  ['visible rows become invisible', /^A partial: batch 0: ledger had none of its rows at 90 ms, having had all at 65 ms/, [seen(0, 90, 0)]],
  ['reported as applied and not visible', /^D wrong state: batch 0: rates had none of its rows at 70 ms, it was reported/, [seen(0, 70, 0, 'rates')]],
  ['part of the rows at the end', /^A partial: batch 0: 4 of 11 rows/, [], dumpOf(record(0, { rows: 4, cents: 400, positive: 11 }), record(1))],
  ['twice at the end', /^B doubled: batch 0: 22 of 11 rows/, [], dumpOf(record(0, { rows: 22, cents: 2_200, positive: 11 }), record(1))],
  ['other prices than were sent', /^A partial: batch 0: its prices come to 1101 cents, not 1100/, [], dumpOf(record(0, { cents: 1_101 }), record(1))],
  ['accepted and unknown', /^C lost: batch 1: accepted at 25 ms, and the database does not know it/, [], dumpOf(record(0))],
  ['accepted and never final', /^C lost: batch 1: accepted at 25 ms and still processing/, [], dumpOf(record(0), record(1, { state: 'processing', ...nothing }))],
  ['a good batch rejected', /^D wrong state: batch 1: a good batch is finally rejected/, [], dumpOf(record(0), record(1, { state: 'rejected', errors: 1, ...nothing }))],
  ['a good batch dead-lettered', /^D wrong state: batch 1: a good batch is finally dead_lettered after 10 attempts \(57P01\)/, [],
    dumpOf(record(0), record(1, { state: 'dead_lettered', attempts: 10, reason: '57P01', ...nothing }))],
  ['a bad batch applied', /^D wrong state: batch 2: a bad batch is finally applied/, [plan(2, 'bad'), sent(2, 100)], dumpOf(record(0), record(1), record(2))],
  ['applied without rows', /^D wrong state: batch 1: applied at the end with 0 rows and no idempotency record/, [], dumpOf(record(0), record(1, nothing))],
  ['applied without an idempotency record', /^D wrong state: batch 1: applied at the end with 11 rows and no idempotency record/, [], dumpOf(record(0), record(1, { marked: null, positive: 0 }))],
  ['rejected with rows', /^D wrong state: batch 2: rejected at the end with 11 rows/, [plan(2, 'bad'), sent(2, 100)],
    dumpOf(record(0), record(1), record(2, { state: 'rejected', errors: 1, marked: null, positive: 0 }))],
  ['rejected without a reason', /^D wrong state: batch 2: rejected with 0 errors/, [plan(2, 'bad'), sent(2, 100)],
    dumpOf(record(0), record(1), record(2, { state: 'rejected', ...nothing }))],
  ['back from a final state', /^D wrong state: batch 0: queued at 90 ms, having been applied at 65 ms/, [poll(0, 90, 'queued')]],
  ['another final state than was reported', /^D wrong state: batch 1: applied at the end, having been discarded/, [poll(1, 90, 'discarded')]],
  ['a good batch refused', /^D wrong state: batch 1: refused with 422/, [sent(1, 90, 422)]],
  ['accepted under another id', /^D wrong state: batch 1: accepted as other/, [{ ...sent(1, 90), id: 'other' } as Entry]],
  ['other content accepted under the same key', /^B other: batch 1: other content under the same key/, [{ ...sent(1, 90), clash: true } as Entry]],
  ['out of order', /^D other: batch 1 of north, sent at 20 ms, was applied before batch 0/, [], dumpOf(record(0, { finishedAt: 2_000 }), record(1))],
  ['the read model differs', /^B other: AAAAA-BBBBB 2021-01-01: the ledger has 1 prices, 100 cents, the read model 2 prices, 200 cents/, [],
    { ...dumpOf(record(0), record(1)), lanes: [{ lane: 'AAAAA-BBBBB', day: '2021-01-01', ledger: [1, 100], model: [2, 200] }] }],
  ['a mean differs', /^A partial: batch 0: rates had a mean of 1.1 USD at 90 ms, not 1/, [{ ...seen(0, 90, 10, 'rates'), means: [1.1] } as Entry]],
  ['a position is missing', /^B other: position 3 is number 2/, [], { ...dumpOf(record(0), record(1, { position: 3 })), lastPosition: 2 }],
  ['a batch without a position', /^B other: applied batch \w+ has no position/, [], { ...dumpOf(record(0), record(1, { position: null })), lastPosition: 2 }],
  ['a position that no commit has', /^B other: the last position is 3, and 2 were taken/, [], { ...dumpOf(record(0), record(1)), lastPosition: 3 }],
  ['the time of a later position is not later', /^B other: position 2 was taken at 1000 µs, the one before at 1000 µs/, [], dumpOf(record(0), record(1, { appliedAt: 1_000 }))],
  ['a snapshot without a position below its highest', /^B other: a snapshot at 50 ms had position 2, and 1 positions/, [{ type: 'positions', at: 50, count: 1, highest: 2 }]],
  ['lanes of a batch', /^D other: lanes of batch 7 in 2021-01-01: none, not AAAAABBBBB/, [], { ...dumpOf(record(0), record(1)), wrongLanes: ['7 in 2021-01-01: none, not AAAAABBBBB'] }],
  ['prices of no batch', /^A partial: 3 prices belong to no batch/, [], { ...dumpOf(record(0), record(1)), strays: 3 }],
  ['a batch that no client sent', /^D other: no client has sent batch/, [], dumpOf(record(0), record(1), record(7, nothing))],
  ['a process exits by itself', /^D other: worker-1 exited by itself at 7 ms \(code 1\)/, [{ type: 'died', process: 'worker-1', at: 7, code: 1, signal: null, output: '' }]],
  ['a snapshot changes', /^A partial: a snapshot CHANGED from 1 to 2 prices/,
    [{ type: 'fault', name: 'a long reader', at: 1, until: 2, detail: 'CHANGED from 1 to 2' }]],
]
/** Batch 0 withdrawn after it was applied. */
const gone = { state: 'withdrawn', rows: 0, cents: 0, positive: rows, negative: rows, takenBackAt: 3 }
const withdrawal = (of: number, own: Partial<Dump['batches'][number]> = {}): Dump['batches'][number] => record(2, {
  id: withdrawalId({ provider: 'north', id: idOf(`k${of}`) }), mode: 'withdraw', rows: 0, cents: 0, marked: 0, positive: 0, ...own,
})
const asked = (batch: number, at: number, status = 202): Entry => ({ type: 'withdraw', batch, at, until: at + 5, status })
/** A third batch that replaces batch 0. */
const replacing = [plan(2, 'good', { replaces: [0] }), sent(2, 70)]
const replaced = { ...gone, replacedBy: idOf('k2') }
const inSeries = [1, 2, 3].map(batch => plan(batch, 'good', { replaces: 'previous', series: 'weekly' }))

t.test('a run with corrections, without violations', async t => {
  t.same(verdict([asked(0, 70), poll(0, 75, 'withdrawing'), seen(0, 90, 0), poll(0, 95, 'withdrawn'), asked(0, 100, 200)], dumpOf(record(0, gone), record(1), withdrawal(0))), [])
  t.same(verdict([asked(1, 40)], dumpOf(record(0), record(1, { state: 'withdrawn', ...nothing }), withdrawal(1, nothing))), [], 'before it was applied')
  t.same(verdict([plan(2, 'bad'), sent(2, 100), poll(2, 120, 'rejected'), asked(2, 130, 409)], dumpOf(record(0), record(1), record(2, { state: 'rejected', errors: 1, ...nothing }))), [])
  t.same(verdict([plan(2, 'bad'), sent(2, 100), asked(2, 110), poll(2, 115, 'withdrawing'), poll(2, 130, 'rejected')], dumpOf(
    record(0), record(1), record(2, { state: 'rejected', errors: 1, ...nothing }), withdrawal(2, { state: 'rejected', ...nothing })
  )), [], 'rejected by the attempt in flight')
  t.same(verdict([...replacing, seen(0, 90, 0), seen(2, 90, rows)], dumpOf(record(0, replaced), record(1), record(2))), [])
  t.same(verdict([plan(2, 'bad', { replaces: [0] }), sent(2, 70)], dumpOf(record(0), record(1), record(2, { state: 'rejected', errors: 1, ...nothing }))), [], 'a rejected replacement')
  t.same(verdict([plan(2, 'good', { provider: guardedProvider }), sent(2, 70, 0)]), [])
})

t.test('unknown orders are not checked', async t => {
  const late = dumpOf(record(0, { finishedAt: 2_000 }), record(1))
  const reordered: Entry = { type: 'fault', name: 'messages reordered', at: 1, until: 2, detail: '', batches: [1] }
  t.same(verdict([reordered], late), [])
  t.same(verdict([{ type: 'operator', batch: 0, action: 'redrive', at: 1, until: 2, status: 200, changed: true }], late), [])
  t.same(check([plan(0), plan(1), sent(0, 0), sent(1, 3)], late).violations, [], 'concurrent batches')
})

const caughtCorrections: typeof caught = [
  ['an accepted withdrawal that is lost', /^C lost: batch 0: its withdrawal was accepted at 75 ms and is unknown/, [asked(0, 70)]],
  ['a withdrawal that never ends', /^C lost: batch 0: its withdrawal was accepted at 75 ms and is queued/, [asked(0, 70)],
    dumpOf(record(0), record(1), withdrawal(0, { state: 'queued', ...nothing }))],
  ['withdrawn without a request', /^D wrong state: batch 0: a good batch is finally withdrawn/, [], dumpOf(record(0, { ...gone, takenBackAt: 2 }), record(1, { takenBackAt: null }))],
  ['applied after its withdrawal', /^D wrong state: batch 0: applied at the end, and its withdrawal is applied/, [asked(0, 10)], dumpOf(record(0), record(1), withdrawal(0, nothing))],
  ['visible again after it was taken back', /^B doubled: batch 0: ledger had its rows again at 100 ms, having had none at 95 ms/,
    [asked(0, 70), seen(0, 90, 0), seen(0, 100, rows)], dumpOf(record(0, gone), record(1), withdrawal(0))],
  ['visible after it was reported as withdrawn', /^D wrong state: batch 0: rates had its rows at 100 ms, it was reported as withdrawn at 95 ms/,
    [asked(0, 70), poll(0, 90, 'withdrawn'), seen(0, 100, 10, 'rates')], dumpOf(record(0, gone), record(1), withdrawal(0))],
  ['gone before anybody asked', /^A partial: batch 0: ledger had none of its rows at 75 ms/, [seen(0, 75, 0), asked(0, 90)], dumpOf(record(0, gone), record(1), withdrawal(0))],
  ['applied again after it was withdrawn', /^D wrong state: batch 0: applied at 100 ms, having been withdrawn at 95 ms/,
    [asked(0, 70), poll(0, 90, 'withdrawn'), poll(0, 100, 'applied')], dumpOf(record(0, gone), record(1), withdrawal(0))],
  ['rejected after it was applied', /^D wrong state: batch 0: rejected at 100 ms, having been withdrawing at 95 ms/,
    [asked(0, 70), poll(0, 90, 'withdrawing'), poll(0, 100, 'rejected')], dumpOf(record(0, gone), record(1), withdrawal(0))],
  ['applied after it was reported as withdrawing', /^D wrong state: batch 0: applied at 100 ms, having been withdrawing at 95 ms/,
    [asked(0, 70), poll(0, 90, 'withdrawing'), poll(0, 100, 'applied')], dumpOf(record(0, gone), record(1), withdrawal(0))],
  ['taken back twice', /^B doubled: batch 0: 22 prices are taken back, not 11/, [asked(0, 70)], dumpOf(record(0, { ...gone, negative: 22 }), record(1), withdrawal(0))],
  ['taken back in part', /^B doubled: batch 0: 4 prices are taken back, not 11/, [asked(0, 70)], dumpOf(record(0, { ...gone, negative: 4 }), record(1), withdrawal(0))],
  ['its runs are doubled', /^B doubled: batch 1: 22 prices in its runs, not 11/, [], dumpOf(record(0), record(1, { positive: 22 }))],
  ['withdrawn, and its prices are not taken back', /^D wrong state: batch 0: withdrawn, and not taken back/, [asked(0, 70)],
    dumpOf(record(0, { ...gone, negative: 0, takenBackAt: null }), record(1), withdrawal(0))],
  ['taken back at another position', /^A partial: batch 0: taken back at position 2, by a commit at 3/, [asked(0, 70)], dumpOf(record(0, { ...gone, takenBackAt: 2 }), record(1), withdrawal(0))],
  ['a replacement beside the old batch', /^A partial: batch 2: it is applied, and batch 0, which it replaces, is applied/, replacing, dumpOf(record(0), record(1), record(2))],
  ['a snapshot with both', /^A partial: batch 0: a snapshot at 80 ms had it and batch 2/, [...replacing, seen(2, 80, rows), seen(0, 90, 0)], dumpOf(record(0, replaced), record(1), record(2))],
  ['a snapshot with neither', /^A partial: batch 0: a snapshot at 80 ms had neither it nor batch 2/, [...replacing, seen(0, 80, 0), seen(2, 90, rows)],
    dumpOf(record(0, replaced), record(1), record(2))],
  ['two replacements of one batch count', /^B doubled: batch 3: it is applied, and so is \w+, which has replaced batch 0 before/,
    [...replacing, plan(3, 'good', { replaces: [0] }), sent(3, 90)], dumpOf(record(0, replaced), record(1), record(2), record(3))],
  ['a replacement is rejected for nothing', /^D wrong state: batch 2: rejected for already_replaced \w+, which was never applied/, replacing,
    dumpOf(record(0), record(1), record(2, { state: 'rejected', errors: 1, ...nothing, firstError: { code: 'already_replaced', value: 'b' } }))],
  ['two batches of a series count', /^A doubled: batch 1: it counts beside batch 2, the next of its series/, [...inSeries.slice(0, 2), sent(2, 70)], dumpOf(record(0), record(1), record(2))],
  ['held for ever', /^C lost: batch 2: accepted at 75 ms and still held/, [plan(2), sent(2, 70)], dumpOf(record(0), record(1), record(2, { state: 'held', ...nothing }))],
]
/** Batch 0 purged after it was applied. */
const purge = (batch: number, at: number, code: number | null = 0): Entry => ({ type: 'purge', batch, at, until: at + 5, code })
const purged = { ...gone, positive: 0, negative: 0, purged: true }
const purgedDump = dumpOf(record(0, purged), record(1), withdrawal(0))
/** A restore that ran from 100 to 200 ms, to the moment before batch 0 was applied. */
const restore: Entry = { type: 'fault', name: 'restored', at: 100, until: 200, detail: '', since: 999 }

t.test('a run with purges and a restore, without violations', async t => {
  t.same(verdict([purge(0, 82, null), seen(0, 85, 0), purge(0, 90), seen(0, 100, 0)], purgedDump), [])
  t.same(verdict([purge(1, 30)], dumpOf(record(0), record(1, { state: 'withdrawn', ...nothing, purged: true }), withdrawal(1, nothing))), [], 'before it was applied')
  t.same(verdict([restore, poll(0, 210, 'queued'), seen(0, 210, 0), seen(0, 230, rows), poll(0, 240, 'applied')]), [], 'what is lost is repeated')
  t.same(verdict([restore, seen(0, 150, 0), purge(0, 82), seen(0, 180, rows), seen(0, 210, 0)], purgedDump), [], 'before the purge is repeated')
  t.same(verdict([restore], dumpOf(record(0, { finishedAt: 2_000 }), record(1))), [], 'the order of batches that are applied again')
})

const caughtPurges: typeof caught = [
  ['a purge that never succeeds', /^C lost: batch 0: its purge has never succeeded/, [purge(0, 82, 1)], purgedDump],
  ['a batch that is purged no more', /^B other: batch 0: not purged at the end/, [purge(0, 82)], dumpOf(record(0, gone), record(1), withdrawal(0))],
  ['a purged batch counts', /^D wrong state: batch 0: purged, and applied at the end/, [purge(0, 82)], dumpOf(record(0, { purged: true, positive: 0 }), record(1))],
  ['prices are left', /^B doubled: batch 0: 4 prices in its runs, not 0/, [purge(0, 82)], dumpOf(record(0, { ...purged, positive: 4, negative: 4 }), record(1), withdrawal(0))],
  ['errors of rows are left', /^B other: batch 0: purged, and it has errors of rows/, [purge(0, 82)], dumpOf(record(0, { ...purged, firstError: { code: 'x', value: null } }), record(1), withdrawal(0))],
  ['an object is left', /^B other: batch 0: purged, and the store has reports\/x/, [purge(0, 82), { type: 'left', batch: 0, key: 'reports/x' }], purgedDump],
  ['seen after its purge', /^B doubled: batch 0: ledger had 11 rows at 90 ms, after its purge/, [purge(0, 82), seen(0, 90, rows)], purgedDump],
  ['seen after its purge, in a restored database', /^B doubled: batch 0: rates had 10 rows at 210 ms, after its purge/, [purge(0, 82), restore, seen(0, 210, 10, 'rates')], purgedDump],
  ['purged by nobody', /^D wrong state: batch 1: purged, and nobody has purged it/, [], dumpOf(record(0), record(1, { purged: true, positive: 0 }))],
  ['lost by a restore', /^D wrong state: batch 0: processing at the end, having been applied at 65 ms/, [restore], dumpOf(record(0, { state: 'processing', ...nothing }), record(1))],
  ['withdrawn before a restore, applied after it', /^D wrong state: batch 0: applied at the end, having been withdrawn at 95 ms/, [asked(0, 70), poll(0, 90, 'withdrawn'), restore], dumpOf(record(0), record(1), withdrawal(0))],
  ['applied twice by a restore', /^B doubled: batch 0: ledger had 22 of 11 rows at 210 ms/, [restore, seen(0, 210, 22)]],
  ['gone after a restore', /^A partial: batch 0: ledger had none of its rows at 230 ms, having had all at 215 ms/, [restore, seen(0, 210, rows), seen(0, 230, 0)]],
  ['a restore that fails', /^C other: restored at 100 ms could not be injected: replay/, [{ type: 'fault', name: 'restored', at: 100, until: 200, detail: 'could not be injected: replay' }]],
]
for (const [name, expected, more, dump] of [...caught, ...caughtCorrections, ...caughtPurges]) {
  t.test(`caught: ${name}`, async t => { t.match(verdict(more, dump), [expected]) })
}
