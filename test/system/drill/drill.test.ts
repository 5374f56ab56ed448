import t from 'tap'
import { waitLimitMs } from '../../harness/patience.ts'
import { release } from '../../../lib/process/release.ts'
import { drill } from './drill.ts'

const nextVersion = (by: number): string => release.replace(/\d+$/, patch => String(Number(patch) + by))

/** A small run of `npm run drill:deploy`: a deployment with a migration, then a release that fails its alarm. */
t.test('deployments under load: no request fails, no batch is lost or doubled, a bad release is rolled back', async t => {
  const { requests, failures, rounds, exitCodes, ledger } = await drill({
    rounds: ['good', 'erring'], strategy: 'canary', requests: 600, scale: 1, readers: 2, providers: 2,
    timing: { healthyMs: waitLimitMs, stepMs: 200, bakeMs: 200, drainMs: 10_000 },
  })
  t.same(failures, [])
  t.match(rounds, [
    { version: nextVersion(1), outcome: 'deployed; deployed; deployed', wrong: false },
    { version: nextVersion(2), outcome: /^alarm: .*; alarm: .*; deployed$/, wrong: false },
  ])
  t.same({ ...ledger, states: Object.keys(ledger.states).sort() }, { lost: 0, doubled: 0, wrong: [], states: ['applied', 'validated', 'withdrawn'] })
  t.same(Object.keys(exitCodes), ['0'], 'every task exited with 0')
  for (const kind of ['read', 'batch', 'state', 'upload', 'file', 'withdrawal', 'replacement']) t.ok(requests[kind]! > 0, kind)
})
