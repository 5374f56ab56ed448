import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { bucket, deadLetterQueue, queue, queueUrl, region } from '../../../dev/emulator/resources.ts'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { freePort } from '../../harness/free-port.ts'
import { openService } from '../faults/service.ts'
import { loginPasswords, temporaryServer, unsafeSettings } from '../../harness/server.ts'
import { waitFor } from '../../harness/wait.ts'
import type { Program } from './task.ts'

const database = 'freight'
export const keyOf = (provider: string): string => `key-of-${provider}`

// A release before the role of operators has no login `ops`. No process of the drill logs in with this role.
const { ops: _ops, ...services } = loginPasswords

export type System = Awaited<ReturnType<typeof startSystem>>

/**
 * Starts what remains while releases change: PostgreSQL, whose database the first release's migrator creates, and the emulator of SQS and S3 as a
 * separate process.
 */
export async function startSystem (folder: string, providers: string[]) {
  const server = await temporaryServer({ ...unsafeSettings, synchronous_commit: 'on' })
  const admin = openDatabase({ url: server.url('postgres', database), process: 'drill', poolSize: 1 })

  const endpoint = `http://127.0.0.1:${await freePort()}`
  mkdirSync(join(folder, 'emulator'))
  const emulator = openService('emulator', 'dev/emulator/main.ts', endpoint, { DATA_DIR: join(folder, 'emulator') },
    (_name, _code, _signal, output) => { throw new Error(`the emulator exited: ${output}`) })
  await emulator.start()
  await waitFor(() => fetch(`${endpoint}/${bucket}`, { method: 'HEAD' }).then(({ ok }) => ok, () => false))

  const aws = {
    AWS_REGION: region, AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'drill', AWS_SECRET_ACCESS_KEY: 'drill', PAYLOAD_BUCKET: bucket,
    QUEUE_URL: queueUrl(endpoint, queue), DEAD_LETTER_QUEUE_URL: queueUrl(endpoint, deadLetterQueue),
  }
  const keys = providers.map(provider =>
    ({ provider, sha256: createHash('sha256').update(keyOf(provider)).digest('hex'), scopes: ['submit', 'read'] }))
  const environments: Record<Program, Record<string, string>> = {
    'rates-api': { DATABASE_URL: server.url('rates_api', database) },
    'ingestion-api': { ...aws, DATABASE_URL: server.url('ingestion_api', database), API_KEYS: JSON.stringify(keys), BATCH_MAX_PER_MINUTE: '100000' },
    'ingestion-worker': { ...aws, DATABASE_URL: server.url('ingestion_worker', database), RECEIVE_SECONDS: '1' },
  }
  return {
    admin, environments,
    /** Environment of a migrator: it creates missing roles and the missing database, as on AWS. */
    migration: {
      DATABASE_URL: server.url('migrator', database), BOOTSTRAP_DATABASE_URL: server.url('postgres', 'postgres'), PRICES_FIRST_MONTH: '2021-01-01',
      LOGIN_PASSWORDS: JSON.stringify(services),
    },
    async stop () {
      await emulator.kill('SIGKILL')
      await admin.end({ timeout: 1 })
      await server.remove()
    },
  }
}
