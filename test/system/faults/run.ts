import { rmSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { textOf } from './check-summary.ts'
import { drive } from './drive.ts'

/**
 * `npm run test:faults -- [--seed N] [--batches N] [--faults N] [--restores N] [--seconds-limit N]`: the complete system under faults. The same
 * seed gives the same batches and the same faults in the same order. Exits with 1 if an invariant is violated.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    batches: { type: 'string', default: '60' },
    faults: { type: 'string', default: '80' },
    restores: { type: 'string', default: '2' },
    'seconds-limit': { type: 'string', default: '600' },
    only: { type: 'string', multiple: true },
    keep: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
console.log(`seed ${seed}: ${values.batches} batches, ${values.faults} faults`)
const { verdict, folder } = await drive({
  seed, batches: Number(values.batches), faults: Number(values.faults), restores: Number(values.restores), secondsLimit: Number(values['seconds-limit']),
  ...(values.only ? { only: values.only } : {}),
  report: console.log,
})
console.log(textOf(verdict))
if (verdict.violations.length > 0) {
  console.log(`seed ${seed} FAILED; history, dump and logs are in ${folder}`)
  process.exitCode = 1
} else {
  console.log(`seed ${seed} passed`)
  if (!values.keep) rmSync(folder, { recursive: true, force: true })
}
