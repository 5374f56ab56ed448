import type { Name } from '../../../lib/batch/batch.ts'
import type { BatchContent } from '../../../lib/batch/create-manifest.ts'
import { Problem } from '../../../lib/http/problem.ts'
import type { IngestionApi } from '../context.ts'

/** The content of a batch, from a body or an upload. */
export type Content = BatchContent & {
  /** The name that releases before docs/decisions/0022 used. */
  formerName?: Name
}

/** Returns the uploaded content. Throws `unknown-upload`, also for an upload of another provider, or `upload-incomplete`. */
export async function uploadedContent ({ uploads }: IngestionApi, provider: string, id: string): Promise<Content> {
  const { upload, file } = await lookUp().catch(cause => {
    throw new Problem('store-unavailable', 'The upload cannot be looked up; try again', { cause })
  })
  if (upload?.provider !== provider) throw new Problem('unknown-upload', `You have no upload ${id}: the id is wrong, or the upload was deleted (file_kept_until of POST /uploads)`)
  if (!file) {
    throw new Problem('upload-incomplete', upload.mayStillArrive
      ? `The file of upload ${id} has not arrived: PUT its ${upload.bytes} bytes to the URL from POST /uploads`
      : `There is no file of upload ${id}: it did not arrive before its URL expired, or it was deleted. Start again with POST /uploads`)
  }
  const { format, encoding, bytes, sha256 } = upload
  const byUpload: Name = { kind: 'upload', value: id }
  return {
    format, encoding, bytes, digest: sha256, digestOf: 'payload', decodedBytes: null, payload: file.payload, payloadStoredAt: file.storedAt,
    // Only the worker can decode a compressed file. It looks for a batch with the same content.
    ...(encoding === 'identity' ? { contentName: { kind: 'content', value: sha256 }, formerName: byUpload } : { contentName: byUpload }),
  }

  async function lookUp () {
    const upload = await uploads.find(id)
    return { upload, file: upload && await uploads.findFile(upload) }
  }
}
