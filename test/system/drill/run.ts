import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { strategies, type Strategy } from './deploy.ts'
import { drill } from './drill.ts'
import type { Round } from './rounds.ts'
import { textOf } from './summary.ts'

/**
 * `npm run drill:deploy -- [--strategy all-at-once|canary|linear|rolling] [--requests N] [--scale N] [--rounds good,unhealthy,erring,good]`:
 * deployments under load, forward and rolled back. Exits with 1 if a request failed, a batch was lost or doubled, or a deployment had an unexpected
 * result. With `--from REVISION` the first release is the code of that revision, and the contract is replayed against that release and the next.
 * Then a different response exits with 1, too.
 */
const { values } = parseArgs({
  options: {
    strategy: { type: 'string', default: 'all-at-once' },
    requests: { type: 'string', default: '50000' },
    scale: { type: 'string', default: '2' },
    rounds: { type: 'string', default: 'good,unhealthy,erring,good' },
    readers: { type: 'string', default: '16' },
    providers: { type: 'string', default: '4' },
    'healthy-seconds': { type: 'string', default: '60' },
    'drain-ms': { type: 'string', default: '0' },
    from: { type: 'string' },
  },
})
if (values.strategy !== 'rolling' && !strategies.includes(values.strategy as Strategy)) {
  console.error(`There is no strategy ${values.strategy}: there are ${strategies.join(', ')}, rolling`)
  process.exit(2)
}
console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`)
const startedAt = performance.now()
const summary = await drill({
  from: values.from,
  rounds: values.rounds.split(',') as Round[],
  strategy: values.strategy as Strategy,
  drainMs: Number(values['drain-ms']),
  requests: Number(values.requests),
  scale: Number(values.scale),
  readers: Number(values.readers),
  providers: Number(values.providers),
  timing: { healthyMs: Number(values['healthy-seconds']) * 1_000, stepMs: 2_000, bakeMs: 3_000, drainMs: 10_000 },
  log: text => console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6)} s  ${text}`),
})
console.log(textOf(summary))
process.exitCode = summary.hasPassed ? 0 : 1
