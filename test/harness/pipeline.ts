import { pino } from 'pino'
import type { Test } from 'tap'
import { accept } from '../../lib/batch/accept.ts'
import type { Manifest } from '../../lib/batch/batch.ts'
import { createManifest, type Submission } from '../../lib/batch/create-manifest.ts'
import { openQueue, type Queue } from '../../lib/batch/queue.ts'
import { openStore, type Store } from '../../lib/batch/store/store.ts'
import { aws, type TestAws } from './aws.ts'
import { countPrices } from './count-prices.ts'
import { database, type TestDatabase } from './database.ts'
import { storeContent, type ContentOptions } from './stored-content.ts'
import { waitFor } from './wait.ts'

export type Pipeline = {
  db: TestDatabase
  aws: TestAws
  store: Store
  queue: Queue
  deadLetters: Queue
  /** Accepts a batch as the ingestion API does, and resolves with its manifest. */
  submit: (content: string, options?: SubmitOptions) => Promise<Manifest>
  /** Resolves with the row of the batch once its state is one of `states`. */
  settled: (id: string, ...states: string[]) => Promise<Record<string, unknown>>
  /** Resolves with the number of prices of a batch that a reader sees. */
  visible: (id: string) => Promise<number>
}

export type SubmitOptions = ContentOptions & Partial<Pick<Submission, 'mode' | 'key' | 'replaces' | 'series' | 'profile'>>

export const silent = pino({ level: process.env.TEST_LOG ?? 'silent' })

/** Creates a database, a queue and a store for the test alone, and functions to submit batches. */
export async function pipeline (t: Test, options: Parameters<typeof aws>[1] = {}): Promise<Pipeline> {
  const db = await database(t)
  const resources = await aws(t, options)
  const store = openStore(resources.s3, resources.bucket)
  const queue = openQueue(resources.sqs, resources.queueUrl)

  const deadLetters = openQueue(resources.sqs, resources.deadLetterQueueUrl)

  async function submit (content: string, { provider = 'demo', mode = 'apply', key, replaces, series, profile, ...options }: SubmitOptions = {}): Promise<Manifest> {
    const stored = await storeContent(store, content, { provider, ...options })
    const { manifest } = await accept(store, queue, createManifest(stored, { provider, mode, key, replaces, series, profile }))
    await store.deletePending(manifest.id)
    return manifest
  }

  let polled = 'nothing'
  t.teardown(() => { if (!t.passing()) console.error(`last seen of a batch: ${polled}`) })

  async function settled (id: string, ...states: string[]): Promise<Record<string, unknown>> {
    let found: Record<string, unknown> | undefined
    let polls = 0
    await waitFor(async () => {
      polls++
      polled = `poll ${polls} for ${states.join(' or ')} without a result`
      const [row] = await db.migrator`select * from batches where id = ${id}`
      polled = `poll ${polls} for ${states.join(' or ')} found ${row ? `${row.state}, ${row.reason}` : 'no row'}`
      if (row && states.includes(row.state as string)) found = row
      return found !== undefined
    })
    return found!
  }

  return { db, aws: resources, store, queue, deadLetters, submit, settled, visible: id => countPrices(db.migrator, id) }
}
