import type { Manifest, Name } from '../../../lib/batch/batch.ts'
import { Problem } from '../../../lib/http/problem.ts'
import type { IngestionApi } from '../context.ts'

/** What a request brings towards a manifest, whichever way the file came. */
export type Content = Pick<Manifest, 'format' | 'encoding' | 'digest' | 'digestOf' | 'bytes' | 'decodedBytes' | 'payload' | 'payloadStoredAt'> & {
  /** The batch's name where the request gives none. */
  contentName: Name
  /** The name that releases before docs/decisions/0022 give it. */
  formerName?: Name
}

/** The content that was uploaded to the store. Throws `unknown-upload`, another's included, or `upload-incomplete`. */
export async function uploadedContent ({ uploads }: IngestionApi, provider: string, id: string): Promise<Content> {
  const { upload, file } = await look().catch(cause => {
    throw new Problem('store-unavailable', 'The upload cannot be looked up; try again', { cause })
  })
  if (upload?.provider !== provider) throw new Problem('unknown-upload', `You have no upload ${id}: either its id is another, or it is older than uploads are kept (file_kept_until of POST /uploads)`)
  if (!file) {
    throw new Problem('upload-incomplete', upload.mayCome
      ? `The file of upload ${id} has not come: PUT its ${upload.bytes} bytes to the address that POST /uploads gave`
      : `There is no file of upload ${id}: it did not come while its address could be used, or it is older than uploads are kept. Begin again with POST /uploads`)
  }
  const { format, encoding, bytes, sha256 } = upload
  const byUpload: Name = { kind: 'upload', value: id }
  return {
    format, encoding, bytes, digest: sha256, digestOf: 'payload', decodedBytes: null, payload: file.payload, payloadStoredAt: file.storedAt,
    // The content of a compressed file is known to the worker alone, which looks for a batch of the same content.
    ...(encoding === 'identity' ? { contentName: { kind: 'content', value: sha256 }, formerName: byUpload } : { contentName: byUpload }),
  }

  async function look () {
    const upload = await uploads.find(id)
    return { upload, file: upload && await uploads.arrived(upload) }
  }
}
