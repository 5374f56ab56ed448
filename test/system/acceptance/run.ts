import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { acceptance } from './acceptance.ts'
import { openFixture } from './fixture.ts'
import type { Target } from './target.ts'

/** Runs the acceptance suite on a running system and prints a line for each check. Exit code 1 if a check fails, 2 for wrong usage. */
const usage = `node test/system/acceptance/run.ts --rates URL --ingestion URL --key KEY [options]

  --other-key KEY   of another provider      --admin-key KEY   of an operator
  --rates-key KEY   where /rates requires one
  --month YYYY-MM   of the prices sent (a random one of 2015 and 2016)
  --seconds N       longest wait for a batch (60)
  --only TEXT       checks with TEXT in their name

  On \`npm start\` and docker-compose: --rates http://127.0.0.1:3000 --ingestion http://127.0.0.1:3001
    --key development --other-key development-2 --admin-key development-admin`

const { target, only } = readTarget(process.argv.slice(2))
const run = randomUUID().slice(0, 8)
console.log(`acceptance of ${target.rates} and ${target.ingestion}, run ${run}, month ${target.month}`)
const startedAt = performance.now()
const failed: string[] = []
const fixture = await openFixture(target).catch((error: Error) => exit(1, `The system cannot be tested: ${error.message}`))
for (const check of acceptance.filter(({ name }) => name.includes(only))) {
  const checkedAt = performance.now()
  const outcome = await check.run({ target, fixture, unique: name => `acceptance-${run}-${name}` })
    .then(detail => `${detail?.startsWith('skipped') ? '-' : '✓'} ${check.name}${detail ? ` (${detail})` : ''}`, (error: Error) => {
      failed.push(check.name)
      return `✗ ${check.name}\n    ${(error.stack ?? error.message).split('\n').slice(0, 12).join('\n    ')}`
    })
  console.log(`${outcome}  ${Math.round(performance.now() - checkedAt)} ms`)
}
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
exit(failed.length > 0 ? 1 : 0, failed.length > 0 ? `FAILED in ${seconds} s: ${failed.join('; ')}` : `passed in ${seconds} s`)

function exit (code: number, message: string): never {
  console.log(message)
  process.exit(code)
}

function readTarget (args: string[]): { target: Target, only: string } {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      args,
      options: {
        rates: text, ingestion: text, key: text, 'other-key': text, 'admin-key': text, 'rates-key': text, month: text, seconds: text, only: text,
      },
    })
    const { rates, ingestion, key, month = randomMonth(), seconds = '60', only = '' } = values
    if (!rates || !ingestion || !key) throw new Error('--rates, --ingestion and --key are needed')
    if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) throw new Error('--month is a month as YYYY-MM')
    const base = (url: string): string => new URL(url).href.replace(/\/$/, '')
    return {
      target: {
        rates: base(rates), ingestion: base(ingestion), key, month, seconds: Number(seconds),
        otherKey: values['other-key'], adminKey: values['admin-key'], ratesKey: values['rates-key'],
      },
      only,
    }
  } catch (error) {
    exit(2, `${(error as Error).message}\n\n${usage}`)
  }
}

function randomMonth (): string {
  const month = Math.floor(Math.random() * 24)
  return `${2015 + Math.floor(month / 12)}-${String(month % 12 + 1).padStart(2, '0')}`
}
