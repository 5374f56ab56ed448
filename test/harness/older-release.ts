import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { batchId, type Format, type Manifest, type Name } from '../../lib/batch/batch.ts'
import { sha256, type TestIngestionApi } from './ingestion-api.ts'
import { openStore } from '../../lib/batch/store/store.ts'

/** How a file without a key arrives: as a body or as an upload, compressed or not. */
export type Submission = { upload: boolean, gzip: boolean }
export const submissions: Submission[] = [false, true].flatMap(upload => [false, true].map(gzip => ({ upload, gzip })))
export const submissionText = ({ upload, gzip }: Submission): string => `${upload ? 'upload' : 'POST'}${gzip ? ', gzip' : ''}`

const provider = 'demo'

/** Stores a file where `POST /uploads` and its PUT leave it. Resolves with the id of the upload. */
export async function uploaded ({ aws, putObject }: TestIngestionApi, content: string, gzip: boolean, format: Format = 'csv'): Promise<string> {
  const file = gzip ? gzipSync(content) : Buffer.from(content)
  const id = randomUUID()
  const description = { id, provider, format, encoding: gzip ? 'gzip' : 'identity', bytes: file.length, sha256: sha256(file) }
  await openStore(aws.s3, aws.bucket).putStream(`incoming/${provider}/${id}`, Readable.from([file]), 'application/octet-stream')
  await putObject(`uploads/${id}.json`, JSON.stringify(description))
  return id
}

/** Writes the manifest that the release of commit 9d86ca6 (0.1.0) makes of a file without a key, with its payload in the store. */
export async function formerManifest (api: TestIngestionApi, content: string, { upload, gzip }: Submission, uploadId?: string): Promise<Manifest> {
  const store = openStore(api.aws.s3, api.aws.bucket)
  const file = gzip ? gzipSync(content) : Buffer.from(content)
  const key = `incoming/${provider}/${uploadId ?? randomUUID()}`
  const payload = await store.putStream(key, Readable.from([file]), 'application/octet-stream')
  const name: Name = upload ? { kind: 'upload', value: uploadId! } : { kind: 'content', value: sha256(content) }
  const measured = upload
    ? { digest: sha256(file), digestOf: 'payload' as const, decodedBytes: null }
    : { digest: sha256(content), digestOf: 'content' as const, decodedBytes: Buffer.byteLength(content) }
  return {
    version: 1, id: batchId(provider, 'apply', name), provider, mode: 'apply', name, format: 'csv', encoding: gzip ? 'gzip' : 'identity',
    ...measured, bytes: file.length, payload, acceptedAt: new Date().toISOString(),
  }
}
