import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, PutObjectCommand, UploadPartCommand, type S3Client,
} from '@aws-sdk/client-s3'
import type { Readable } from 'node:stream'
import type { Payload } from '../batch.ts'

/** Smallest part that S3 accepts. A body of any size needs two such buffers: one is filled while the other is sent. */
const partBytes = 5 * 1024 * 1024

type Place = { Bucket: string, Key: string }
type Part = { bytes: Buffer, last: boolean }

/**
 * Streams `body` to an object; a longer body than one part is a multipart upload. If the body fails, writes no object and throws its error.
 *
 * `Upload` of @aws-sdk/lib-storage (3.1175) does not replace this function, for three reasons:
 *
 * - It copies each part into a new buffer while it still has the chunks of that part. This function reuses two buffers.
 * - With one part in flight it does not read the body meanwhile. With two, it holds up to three parts.
 * - If the call that aborts the upload fails too, it throws the error of that call. The caller needs the error of the body.
 */
export async function putStream (s3: S3Client, at: Place, body: Readable, contentType: string): Promise<Payload> {
  const parts = partsOf(body)
  try {
    const first = await parts.next()
    if (first.done) throw new Error('The body has no last part')
    const { bytes, last } = first.value
    const { ETag, VersionId } = last
      ? await s3.send(new PutObjectCommand({ ...at, Body: bytes, ContentType: contentType }))
      : await putParts(s3, at, bytes, parts, contentType)
    return { key: at.Key, versionId: VersionId ?? null, etag: ETag ?? '' }
  } finally {
    await parts.return(undefined) // closes a body that was not read to its end
  }
}

async function putParts (s3: S3Client, at: Place, first: Buffer, rest: AsyncGenerator<Part>, contentType: string) {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...at, ContentType: contentType }))
  const sent: Array<{ PartNumber: number, ETag: string | undefined }> = []
  const send = async (bytes: Buffer): Promise<void> => {
    const PartNumber = sent.push({ PartNumber: sent.length + 1, ETag: undefined })
    const { ETag } = await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body: bytes }))
    sent[PartNumber - 1]!.ETag = ETag
  }
  let sending = send(first)
  try {
    for (;;) {
      sending.catch(() => {}) // awaited below
      const next = await rest.next()
      await sending
      if (next.done) break
      sending = send(next.value.bytes)
    }
    return await s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts: sent } }))
  } catch (error) {
    await sending.catch(() => {}) // a part that arrives after the abort would stay in the bucket
    await s3.send(new AbortMultipartUploadCommand({ ...at, UploadId })).catch(() => {}) // the lifecycle of the bucket deletes incomplete uploads
    throw error
  }
}

/** Splits the body into parts, in two alternating buffers. A part stays valid until the next but one part is requested. */
async function * partsOf (body: Readable): AsyncGenerator<Part> {
  let [filling, other] = [Buffer.allocUnsafeSlow(partBytes), Buffer.allocUnsafeSlow(partBytes)]
  let length = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    for (let taken = 0; taken < chunk.length;) {
      if (length === partBytes) {
        yield { bytes: filling, last: false };
        [filling, other, length] = [other, filling, 0]
      }
      const copied = chunk.copy(filling, length, taken)
      taken += copied
      length += copied
    }
  }
  yield { bytes: filling.subarray(0, length), last: true }
}
