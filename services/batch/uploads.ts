import { HeadObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { randomUUID } from 'node:crypto'
import { nullIfAbsent } from './absent.ts'
import type { Encoding, Format, Payload } from './batch.ts'

/** The most that S3 takes in one PUT, in bytes. */
export const maxUploadBytes = 5 * 1024 ** 3
const signatureSeconds = 15 * 60

/** What a provider says of a file before it is sent; the store holds the PUT to it. */
export type Upload = {
  id: string
  provider: string
  format: Format
  encoding: Encoding
  bytes: number
  /** SHA-256 in hex of the file as it is sent. */
  sha256: string
}

/** The request that the provider is to make: these headers are signed, so that no other file can be sent by it. */
export type SignedPut = { url: string, headers: Record<string, string>, expiresAt: string }

export type Uploads = ReturnType<typeof openUploads>

/**
 * Files that go to the store directly. `signer` is a client for the address that providers can reach, where that differs from ours.
 * `uploads/<id>.json` keeps what was said; the file comes to `incoming/<provider>/<id>`.
 */
export function openUploads (s3: S3Client, signer: S3Client, bucket: string) {
  const fileOf = ({ provider, id }: Pick<Upload, 'provider' | 'id'>): { Bucket: string, Key: string } => ({ Bucket: bucket, Key: `incoming/${provider}/${id}` })

  async function create (said: Omit<Upload, 'id'>): Promise<{ upload: Upload, put: SignedPut }> {
    const upload = { id: randomUUID(), ...said }
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `uploads/${upload.id}.json`, Body: JSON.stringify(upload), ContentType: 'application/json' }))
    const checksum = Buffer.from(upload.sha256, 'hex').toString('base64')
    const headers = { 'content-length': String(upload.bytes), 'x-amz-checksum-sha256': checksum, 'if-none-match': '*' }
    const url = await getSignedUrl(signer,
      new PutObjectCommand({ ...fileOf(upload), ContentLength: upload.bytes, ChecksumSHA256: checksum, IfNoneMatch: '*' }), {
        expiresIn: signatureSeconds,
        // By default the signer moves what it can into the address, where the store would not ask for it.
        unhoistableHeaders: new Set(Object.keys(headers)),
        signableHeaders: new Set(['host', ...Object.keys(headers)]),
      })
    return { upload, put: { url, headers, expiresAt: new Date(Date.now() + signatureSeconds * 1_000).toISOString() } }
  }

  /** What was said of an upload; null where there is none. */
  async function find (id: string): Promise<Upload | null> {
    const found = await nullIfAbsent(s3.send(new GetObjectCommand({ Bucket: bucket, Key: `uploads/${id}.json` })))
    return found && JSON.parse(await found.Body!.transformToString()) as Upload
  }

  /** The file that has come, pinned; null while there is none of the length that was said. */
  async function arrived (upload: Upload): Promise<Payload | null> {
    const found = await nullIfAbsent(s3.send(new HeadObjectCommand(fileOf(upload))))
    if (found?.ContentLength !== upload.bytes) return null
    return { key: fileOf(upload).Key, versionId: found.VersionId ?? null, etag: found.ETag ?? '' }
  }

  return { create, find, arrived }
}
