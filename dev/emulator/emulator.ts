import { buildApp } from 'fauxqs'
// fauxqs' own start function listens on every address. These are its parts.
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
  /** 0 for a free port. */
  port: number
  host: string
  region?: string
  /** Folder of messages and objects. Without a folder they are lost when the process exits. */
  dataDir?: string
}

/** Maximum body of one PUT, in bytes. fauxqs' own limit is 11 MiB. */
const maxBodyBytes = 1024 ** 3

/** Starts an emulator of SQS and S3: fauxqs, with the additions that README.md lists. */
export async function startEmulator ({ port, host, region = 'eu-west-1', dataDir }: EmulatorOptions): Promise<{ port: number, stop: () => Promise<void> }> {
  const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() }
  stores.sqsStore.host = '' // queue URLs then have the address that the client used
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

/** Loads the data, then persists every change. In this order: persistence during the load would lose messages. */
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
