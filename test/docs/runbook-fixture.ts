import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { actOn } from '../../lib/batch/dead-letters.ts'
import { openQueue } from '../../lib/batch/queue.ts'
import { openStore } from '../../lib/batch/store/store.ts'
import { holdBatch } from '../../lib/batch/transitions.ts'
import { transaction } from '../../lib/postgres/transaction.ts'
import { header, testKeys } from '../harness/ingestion-api.ts'
import { ingestionProcesses } from '../harness/ingestion-process.ts'
import { startProcess } from '../harness/process.ts'
import { waitFor } from '../harness/wait.ts'

export type Fixture = {
  ratesUrl: string
  ingestionUrl: string
  /** Environment of an operators' command. */
  env: Record<string, string>
  /** Creates a batch that waits; no worker runs. */
  queued: () => Promise<string>
  deadLetter: () => Promise<string>
  held: () => Promise<string>
  /** Resolves with the pid of a service's session that runs a statement. */
  session: () => Promise<string>
}

/** Starts both APIs as processes on a database, a store and a queue, with the objects that the commands of the runbook need. */
export async function runbookFixture (t: Test): Promise<Fixture> {
  const system = await ingestionProcesses(t)
  const { db } = system
  const [ratesApi, ingestionApi] = await Promise.all([startProcess(t, 'rates-api', { DATABASE_URL: db.url('rates_api') }), system.start()])
  const operator = db.open('ops')
  const store = openStore(system.aws.s3, system.aws.bucket)
  const queue = openQueue(system.aws.sqs, system.aws.queueUrl)

  async function queued (): Promise<string> {
    const { body } = await ingestionApi.submit(`${header}CNGGZ,EETLL,2021-01-05,100\n`, { headers: { 'idempotency-key': randomUUID() } })
    await waitFor(async () => (await db.migrator`select 1 from batches where id = ${body.id}`).length === 1)
    return body.id as string
  }
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-test-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const keys = join(folder, 'keys.json')
  writeFileSync(keys, JSON.stringify(testKeys), { mode: 0o600 })
  return {
    ratesUrl: ratesApi.url,
    ingestionUrl: ingestionApi.url,
    env: { ...system.aws.env, DATABASE_URL: db.url('ops'), INGESTION_API_URL: ingestionApi.url, API_KEY: 'demo-key', API_KEYS_FILE: keys },
    queued,
    async deadLetter () {
      const id = await queued()
      await actOn(db.migrator, { store, queue }, id, 'dead_letter', { name: 'test', reason: 'test' })
      return id
    },
    async held () {
      const id = await queued()
      await holdBatch(db.migrator, id, { rows: 1, reason: 'OUTLIERS: test' })
      return id
    },
    async session () {
      const begun = Promise.withResolvers<number>()
      transaction(db.open('rates_api'), async tx => {
        await tx`set local statement_timeout = 0`
        const [{ pid }] = await tx<[{ pid: number }]>`select pg_backend_pid() as pid`
        begun.resolve(pid)
        await tx`select pg_sleep(600)`
      }).catch(() => {}) // the command cancels the statement
      const pid = await begun.promise
      await waitFor(async () => (await operator`select 1 from pg_stat_activity where pid = ${pid} and query like '%pg_sleep%'`).length === 1)
      return String(pid)
    },
  }
}

const reference = join(import.meta.dirname, '../../sql/reference')

/** Returns a value for a placeholder of the runbook. `before` is the word before the placeholder: an option, or the command's name. */
export async function valueOf (fixture: Fixture, command: string, placeholder: string, before: string): Promise<string> {
  if (command === 'batches release') return placeholder === 'ID' ? await fixture.held() : 'a test of the runbook'
  if (placeholder === 'ID') return command.startsWith('dead-letters ') ? await fixture.deadLetter() : await fixture.queued()
  if (placeholder === 'PID') return await fixture.session()
  const value = { NAME: 'demo', CODE: 'EETLL', SHA256: testKeys[1]!.sha256.slice(0, 8), TEXT: 'a test of the runbook', TIME: '2026-11-22T10:00:00Z', FILE: join(reference, before === '--ports' ? 'ports.csv' : 'regions.csv') }[placeholder]
  if (value === undefined) throw new Error(`give ${placeholder} of \`npm run ops -- ${command}\` a value in ${import.meta.filename}`)
  return value
}
