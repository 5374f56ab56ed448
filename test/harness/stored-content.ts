import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type { Format } from '../../lib/batch/batch.ts'
import type { BatchContent } from '../../lib/batch/create-manifest.ts'
import type { Store } from '../../lib/batch/store/store.ts'

export type ContentOptions = {
  provider?: string
  format?: Format
  gzip?: boolean
  /** What is in the store in place of the content. */
  stored?: string
}

/** Stores a payload as the ingestion API stores the body of a request. Resolves with the content for the manifest. */
export async function storeContent (
  store: Store, content: string, { provider = 'demo', format = 'csv', gzip = false, stored }: ContentOptions = {}
): Promise<BatchContent> {
  const body = gzip ? gzipSync(content) : Buffer.from(content)
  const digest = createHash('sha256').update(content).digest('hex')
  const payload = await store.putStream(`incoming/${provider}/${randomUUID()}`, Readable.from([stored === undefined ? body : Buffer.from(stored)]), 'text/csv')
  return {
    format, encoding: gzip ? 'gzip' : 'identity', digest, digestOf: 'content', bytes: body.length, decodedBytes: Buffer.byteLength(content), payload,
    contentName: { kind: 'content', value: digest },
  }
}
