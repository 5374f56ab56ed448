import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
import type { Manifest } from '../../lib/batch/batch.ts'
import type { TestAws } from './aws.ts'
import type { Pipeline } from './pipeline.ts'
import { testSystem } from './system.ts'

/**
 * Removes an object with all its versions. A plain DELETE in a versioned bucket only hides the object: a reader of a pinned version still finds it.
 */
export async function removeObject ({ s3, bucket }: Pick<TestAws, 's3' | 'bucket'>, key: string): Promise<void> {
  for (const VersionId of testSystem().keepsVersions ? await versionsOf({ s3, bucket }, key) : [undefined]) {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId }))
  }
}

/** Resolves with the ids of an object's versions, including its delete markers. */
async function versionsOf ({ s3, bucket }: Pick<TestAws, 's3' | 'bucket'>, key: string): Promise<Array<string | undefined>> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key }))
  return [...Versions, ...DeleteMarkers].filter(({ Key }) => Key === key).map(({ VersionId }) => VersionId)
}

/**
 * Stores the accepted payload in place of a lost or changed one. The manifest then names the new object, because a lost version cannot get its id
 * back.
 */
export async function restorePayload ({ aws: { s3, bucket }, store }: Pipeline, manifest: Manifest, content: string | Buffer): Promise<void> {
  const payload = await store.putStream(manifest.payload.key, Readable.from([Buffer.from(content)]), 'text/csv')
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `batches/${manifest.id}.json`, Body: JSON.stringify({ ...manifest, payload }) }))
}
