import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openS3 } from '../../lib/process/aws.ts'
import type { Server } from '../../test/harness/server.ts'
import { benchServer } from './bench-server.ts'
import { emulatorProcess } from './emulator.ts'

export type ApplierSettings = { root: string, url: string, endpoint: string, database: string, createsDatabase: boolean, slots: number }
export type Command = { do: 'prepare', file: string, count: number, provider: string } | { do: 'apply', merges: boolean }

export type Applier = {
  /** Stores `count` batches of the provider with the rows of a file. */
  prepare: (file: string, count?: number, provider?: string) => Promise<void>
  /** Applies the prepared batches, and resolves to the time in milliseconds. With `merges` the process merges beside them, as a worker does. */
  apply: (merges?: boolean) => Promise<number>
}

export type Bench = {
  server: Server
  /** Writes a file and returns its path. */
  file: (name: string, content: string) => string
  /** Starts a process that applies batches with the code of a checkout. The first one of a database creates the database with that code. */
  applier: (root: string, database: string, slots?: number) => Promise<Applier>
  remove: () => Promise<void>
}

/** Starts a PostgreSQL server and a store, for processes that apply batches. */
export async function openBench (settings: Record<string, string> = {}): Promise<Bench> {
  process.env.AWS_ACCESS_KEY_ID = process.env.AWS_SECRET_ACCESS_KEY = 'bench'
  const server = await benchServer(settings)
  const emulator = await emulatorProcess()
  await openS3({ region: 'eu-west-1', endpoint: emulator.endpoint }).send(new CreateBucketCommand({ Bucket: 'bench' }))
  process.once('exit', emulator.stop)
  const folder = mkdtempSync(join(tmpdir(), 'freight-rates-bench-'))
  const databases = new Set<string>()
  const stops: Array<() => void> = [emulator.stop]

  async function applier (root: string, database: string, slots = 1): Promise<Applier> {
    const settings: ApplierSettings = {
      root, url: server.url('postgres', 'postgres'), endpoint: emulator.endpoint, database, createsDatabase: !databases.has(database), slots,
    }
    databases.add(database)
    const child = fork(join(import.meta.dirname, 'applier.ts'), [JSON.stringify(settings)])
    stops.push(() => child.kill())
    const exited = new Promise<never>((_resolve, reject) => child.once('exit', code => reject(new Error(`the applier ended with ${code}`))))
    exited.catch(() => {})
    const answer = async (): Promise<number> => (await Promise.race([once(child, 'message'), exited]))[0].ms
    const send = async (command: Command): Promise<number> => {
      child.send(command)
      return await answer()
    }
    await answer()
    return {
      prepare: async (file, count = 1, provider = 'demo') => { await send({ do: 'prepare', file, count, provider }) },
      apply: async (merges = false) => await send({ do: 'apply', merges }),
    }
  }

  return {
    server,
    file (name, content) {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    applier,
    async remove () {
      for (const stop of stops) stop()
      await server.remove()
      rmSync(folder, { recursive: true })
    },
  }
}
