import { HeadObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { randomUUID } from 'node:crypto'
import { nullIfAbsent } from './absent.ts'
import type { Encoding, Format, Payload } from '../batch.ts'
import { expiryOf } from './payload-expiry.ts'

/** Largest body of one PUT that S3 accepts, in bytes. */
export const maxUploadBytes = 5 * 1024 ** 3
const signatureSeconds = 15 * 60
/** Longest duration of a PUT that begins before its URL expires, in seconds. */
const maxPutSeconds = 24 * 60 * 60

/** Description of a file that a provider declares before the PUT. The store rejects a PUT that differs from the description. */
export type Upload = {
  id: string
  provider: string
  format: Format
  encoding: Encoding
  bytes: number
  /** SHA-256 in hex of the file as sent. */
  sha256: string
}

/** Presigned PUT request for the provider. The headers are signed, so the request cannot send another file. */
export type SignedPut = {
  url: string
  headers: Record<string, string>
  /** ISO 8601. Not later than the expiration of the signing credentials, after which the store refuses the URL. */
  expiresAt: string
}

/** Upload that a provider has requested. */
export type RequestedUpload = Upload & {
  requestedAt: Date
  /** Whether a PUT of the file may still be in progress or begin. */
  mayStillArrive: boolean
}

/** Uploaded file in the store. */
export type StoredFile = { payload: Payload, /** ISO 8601, by the store's clock. */ storedAt: string }

export type Uploads = ReturnType<typeof openUploads>

/**
 * Opens the uploads: files that providers send to the store directly. `signer` is a client with the endpoint that providers can reach.
 * `uploads/<id>.json` holds the description, `incoming/<provider>/<id>` the file. The bucket's lifecycle deletes both after `keepDays` days.
 */
export function openUploads (s3: S3Client, signer: S3Client, bucket: string, keepDays?: number) {
  const fileOf = ({ provider, id }: Pick<Upload, 'provider' | 'id'>): { Bucket: string, Key: string } =>
    ({ Bucket: bucket, Key: `incoming/${provider}/${id}` })

  /** Creates an upload. `fileExpiresAt` (ISO 8601): when the lifecycle deletes a file that is sent now; null if the lifecycle deletes no files. */
  async function create (declared: Omit<Upload, 'id'>): Promise<{ upload: Upload, put: SignedPut, fileExpiresAt: string | null }> {
    const upload = { id: randomUUID(), ...declared }
    await s3.send(new PutObjectCommand({
      Bucket: bucket, Key: `uploads/${upload.id}.json`, Body: JSON.stringify(upload), ContentType: 'application/json',
    }))
    const checksum = Buffer.from(upload.sha256, 'hex').toString('base64')
    const headers = { 'content-length': String(upload.bytes), 'x-amz-checksum-sha256': checksum, 'if-none-match': '*' }
    const seconds = await getSignatureSeconds(signer)
    const url = await getSignedUrl(signer,
      new PutObjectCommand({ ...fileOf(upload), ContentLength: upload.bytes, ChecksumSHA256: checksum, IfNoneMatch: '*' }), {
        expiresIn: seconds,
        // By default the signer moves headers into the query string. Then the store would not require them as headers.
        unhoistableHeaders: new Set(Object.keys(headers)),
        signableHeaders: new Set(['host', ...Object.keys(headers)]),
      })
    const now = new Date()
    const put = { url, headers, expiresAt: new Date(now.getTime() + seconds * 1_000).toISOString() }
    return { upload, put, fileExpiresAt: expiryOf(now, keepDays) }
  }

  /** Returns the description of an upload; null if the upload does not exist. */
  async function find (id: string): Promise<RequestedUpload | null> {
    const found = await nullIfAbsent(s3.send(new GetObjectCommand({ Bucket: bucket, Key: `uploads/${id}.json` })))
    if (!found) return null
    const requestedAt = found.LastModified!
    return {
      ...JSON.parse(await found.Body!.transformToString()) as Upload, requestedAt,
      mayStillArrive: Date.now() < requestedAt.getTime() + (signatureSeconds + maxPutSeconds) * 1_000,
    }
  }

  /** Returns the stored file, pinned to its version; null while no file of the declared length is stored. */
  async function findFile (upload: Upload): Promise<StoredFile | null> {
    const found = await nullIfAbsent(s3.send(new HeadObjectCommand(fileOf(upload))))
    if (found?.ContentLength !== upload.bytes) return null
    const payload = { key: fileOf(upload).Key, versionId: found.VersionId ?? null, etag: found.ETag ?? '' }
    return { payload, storedAt: found.LastModified!.toISOString() }
  }

  return { create, find, findFile }
}

/** Returns the seconds for which a URL signed now is valid: a URL expires with the session credentials that signed it. */
async function getSignatureSeconds (signer: S3Client): Promise<number> {
  const { expiration } = await signer.config.credentials()
  if (!expiration) return signatureSeconds
  return Math.max(1, Math.min(signatureSeconds, Math.floor((expiration.getTime() - Date.now()) / 1_000)))
}
