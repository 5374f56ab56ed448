import { rmSync } from 'node:fs'
import t from 'tap'
import { patience } from '../../harness/patience.ts'
import { textOf } from './check-summary.ts'
import { drive } from './drive.ts'

/**
 * A small run of the fault suite (`npm run test:faults` is the large run), on separate processes. The other kinds take longer than they show here,
 * or need a separate disk.
 */
const only = [
  'kill -9 a worker', 'kill -9 both workers', 'SIGTERM a worker', 'kill -9 an API', 'kill -9 the emulator', 'PostgreSQL stopped at once',
  'PostgreSQL read-only', 'all backends terminated', 'connections to PostgreSQL cut', 'cut before COMMIT', 'cut after COMMIT', 'kill -9 at DeleteMessage',
  'kill -9 at SendMessage', 'kill -9 at COMMIT of a correction', 'messages duplicated', 'messages reordered',
]

t.test('A to D hold while faults hit every component', async t => {
  const { verdict, folder } = await drive({
    seed: 2021, batches: 5, faults: 7, restores: 0, secondsLimit: 10 * patience, faultPauseMs: 100, only,
    limitDisk: false, settleSeconds: 90 * patience,
  })
  t.comment(textOf(verdict))
  t.same(verdict.violations.map(({ text }) => text), [])
  t.equal(verdict.summary.accepted, 5)
  if (t.passing()) rmSync(folder, { recursive: true, force: true })
  else t.comment(`history, dump and logs are in ${folder}`)
})
