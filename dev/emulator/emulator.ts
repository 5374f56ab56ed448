import { buildApp } from 'fauxqs'
// The package's own start function listens on every address; these are what it is made of.
import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js'
import { FileS3Persistence } from '../../node_modules/fauxqs/dist/s3/fileS3Persistence.js'
import { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js'
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js'
import { SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js'
import { refuseToOverwrite } from './conditional-put.ts'
import { preserveReceiveCounts } from './receive-count.ts'
import { join } from 'node:path'
import { removeTornFiles } from './torn-files.ts'

export type EmulatorOptions = {
  /** 0 takes a free one. */
  port: number
  host: string
  region?: string
  /** Folder that messages and objects are kept in; without it they are gone with the process. */
  dataDir?: string
}

/** Largest body of one PUT, in bytes; the package's own limit is 11 MiB. */
const maxBodyBytes = 1024 ** 3

/** Starts an emulator of SQS and S3: fauxqs, with what it lacks added (README.md says what that is). */
export async function startEmulator ({ port, host, region = 'eu-west-1', dataDir }: EmulatorOptions): Promise<{ port: number, stop: () => Promise<void> }> {
  const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() }
  stores.sqsStore.host = '' // queue addresses are then those that the client came by
  const closeData = dataDir ? persistTo(dataDir, stores) : () => {}
  const app = buildApp({ logger: false, defaultRegion: region, stores })
  app.removeContentTypeParser('*')
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxBodyBytes }, (_request, body, done) => done(null, body))
  refuseToOverwrite(app, stores.s3Store)
  app.addHook('onClose', closeData)
  await app.listen({ port, host })
  return { port: (app.server.address() as { port: number }).port, stop: () => app.close() }
}

type Stores = { sqsStore: SqsStore, snsStore: SnsStore, s3Store: S3Store }

/** Reads what is there, then writes every change through. In this order: a load that wrote would lose messages. */
function persistTo (dataDir: string, { sqsStore, snsStore, s3Store }: Stores): () => void {
  const objects = join(dataDir, 's3')
  removeTornFiles(objects)
  const messages = new PersistenceManager(join(dataDir, 'sqs'))
  preserveReceiveCounts(join(dataDir, 'sqs', 'fauxqs.db'))
  const files = new FileS3Persistence(objects)
  messages.loadSqsAndSns(sqsStore, snsStore)
  files.loadS3(s3Store)
  sqsStore.persistence = messages
  snsStore.persistence = messages
  s3Store.persistence = files
  for (const queue of sqsStore.allQueues()) queue.persistence = messages
  return () => messages.close()
}
