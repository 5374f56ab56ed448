import { HeadObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { randomUUID } from 'node:crypto'
import { nullIfAbsent } from './absent.ts'
import type { Encoding, Format, Payload } from '../batch.ts'
import { expiryOf } from './payload-expiry.ts'

/** The most that S3 takes in one PUT, in bytes. */
export const maxUploadBytes = 5 * 1024 ** 3
const signatureSeconds = 15 * 60
/** A PUT that begins within the life of its address may last that long. */
const maxPutSeconds = 24 * 60 * 60

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
export type SignedPut = {
  url: string
  headers: Record<string, string>
  /** ISO 8601. Never later than the end of the credentials that signed it: the store refuses the address then. */
  expiresAt: string
}

/** An upload as it was asked for. */
export type RequestedUpload = Upload & {
  requestedAt: Date
  /** The file can still come: its address may hold. */
  mayStillArrive: boolean
}

/** The file that has come. */
export type StoredFile = { payload: Payload, /** ISO 8601, by the store's clock. */ storedAt: string }

export type Uploads = ReturnType<typeof openUploads>

/**
 * Files that go to the store directly. `signer` is a client for the address that providers can reach, where that differs from ours.
 * `uploads/<id>.json` keeps what was said; the file comes to `incoming/<provider>/<id>`. The bucket's lifecycle deletes both after `keepDays` days.
 */
export function openUploads (s3: S3Client, signer: S3Client, bucket: string, keepDays?: number) {
  const fileOf = ({ provider, id }: Pick<Upload, 'provider' | 'id'>): { Bucket: string, Key: string } => ({ Bucket: bucket, Key: `incoming/${provider}/${id}` })

  /** `keptUntil`: the day on which the lifecycle deletes the file, if it is sent now; null where it deletes none. ISO 8601. */
  async function create (declared: Omit<Upload, 'id'>): Promise<{ upload: Upload, put: SignedPut, fileExpiresAt: string | null }> {
    const upload = { id: randomUUID(), ...declared }
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `uploads/${upload.id}.json`, Body: JSON.stringify(upload), ContentType: 'application/json' }))
    const checksum = Buffer.from(upload.sha256, 'hex').toString('base64')
    const headers = { 'content-length': String(upload.bytes), 'x-amz-checksum-sha256': checksum, 'if-none-match': '*' }
    const seconds = await getSignatureSeconds(signer)
    const url = await getSignedUrl(signer,
      new PutObjectCommand({ ...fileOf(upload), ContentLength: upload.bytes, ChecksumSHA256: checksum, IfNoneMatch: '*' }), {
        expiresIn: seconds,
        // By default the signer moves what it can into the address, where the store would not ask for it.
        unhoistableHeaders: new Set(Object.keys(headers)),
        signableHeaders: new Set(['host', ...Object.keys(headers)]),
      })
    const now = new Date()
    const put = { url, headers, expiresAt: new Date(now.getTime() + seconds * 1_000).toISOString() }
    return { upload, put, fileExpiresAt: expiryOf(now, keepDays) }
  }

  /** What was said of an upload; null where there is none. */
  async function find (id: string): Promise<RequestedUpload | null> {
    const found = await nullIfAbsent(s3.send(new GetObjectCommand({ Bucket: bucket, Key: `uploads/${id}.json` })))
    if (!found) return null
    const requestedAt = found.LastModified!
    return {
      ...JSON.parse(await found.Body!.transformToString()) as Upload, requestedAt,
      mayStillArrive: Date.now() < requestedAt.getTime() + (signatureSeconds + maxPutSeconds) * 1_000,
    }
  }

  /** The file that has come, pinned; null while there is none of the length that was said. */
  async function findFile (upload: Upload): Promise<StoredFile | null> {
    const found = await nullIfAbsent(s3.send(new HeadObjectCommand(fileOf(upload))))
    if (found?.ContentLength !== upload.bytes) return null
    return { payload: { key: fileOf(upload).Key, versionId: found.VersionId ?? null, etag: found.ETag ?? '' }, storedAt: found.LastModified!.toISOString() }
  }

  return { create, find, arrived: findFile }
}

/** Seconds that an address signed now can be used: credentials of a session end, and every address that they signed with them. */
async function getSignatureSeconds (signer: S3Client): Promise<number> {
  const { expiration } = await signer.config.credentials()
  if (!expiration) return signatureSeconds
  return Math.max(1, Math.min(signatureSeconds, Math.floor((expiration.getTime() - Date.now()) / 1_000)))
}
