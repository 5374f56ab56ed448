import { DeleteObjectCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3'

/** Deletes an object with all of its versions but `kept`. In a bucket without versions (`isVersioned` is false) it deletes the object. */
export async function deleteVersions (s3: S3Client, bucket: string, key: string, isVersioned: boolean, kept?: string): Promise<void> {
  if (!isVersioned) {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
    return
  }
  for (;;) {
    const { Versions = [], DeleteMarkers = [], IsTruncated } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key }))
    const found = [...Versions, ...DeleteMarkers].filter(({ Key, VersionId }) => Key === key && VersionId !== kept)
    for (const { VersionId } of found) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId }))
    if (!IsTruncated || found.length === 0) return
  }
}
