import type { FastifyInstance } from 'fastify'
import { Type, type Static } from 'typebox'
import { mediaTypes } from '../../../lib/batch/batch.ts'
import { maxUploadBytes } from '../../../lib/batch/store/uploads.ts'
import { accessProblems, providerOf, requireKey } from '../../../lib/api-keys/require-key.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { Problem } from '../../../lib/http/problem.ts'
import type { IngestionApi } from '../context.ts'
import { formats, parseEncoding } from '../body/media.ts'

const File = Type.Object({
  bytes: Type.Integer({ minimum: 1, maximum: maxUploadBytes, description: 'length of the file as it will be sent; at most 5 GiB' }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the file as it will be sent, in hex' }),
  content_type: Type.Enum(Object.values(mediaTypes), { description: 'format of the file' }),
  content_encoding: Type.Optional(Type.Enum(['gzip', 'identity'])),
}, { additionalProperties: false })

const UploadResponse = Type.Object({
  upload: Type.String({ description: 'id of the upload, for POST /batches {"upload": id}' }),
  method: Type.Literal('PUT'),
  url: Type.String(),
  headers: Type.Record(Type.String(), Type.String(), { description: 'headers to send with the file: they are signed' }),
  expires_at: Type.String({ description: 'when the URL expires' }),
  file_kept_until: Type.Union([Type.String(), Type.Null()], { description: 'when the file is deleted: submit it in a batch before; null: never' }),
})

/** `POST /uploads`: for files that are larger than a gateway accepts. */
export function registerUploads (app: FastifyInstance, { uploads, keys, rateLimit }: IngestionApi): void {
  app.post<{ Body: Static<typeof File> }>('/uploads', {
    schema: {
      summary: 'Create an upload: returns a signed URL for the file',
      tags: ['batches'],
      security: [{ key: [] }],
      body: File,
      response: { 201: UploadResponse, ...documentedProblems(...accessProblems('submit'), 'invalid-parameters', 'malformed-request',
        'content-too-large', 'unsupported-media-type', 'too-many-requests', 'store-unavailable') },
    },
    config: { rateLimit },
    onRequest: requireKey(keys, 'submit'),
  }, async (request, reply) => {
    const { bytes, sha256, content_type: type, content_encoding: encoding } = request.body
    const declared = { provider: providerOf(request), format: formats[type]!, encoding: parseEncoding(encoding)!, bytes, sha256 }
    const { upload, put, fileExpiresAt } = await uploads.create(declared).catch(cause => {
      throw new Problem('store-unavailable', 'The upload cannot be created now; try again', { cause })
    })
    request.log.info({ upload: upload.id, provider: declared.provider, bytes }, 'upload created')
    return reply.code(201).send({
      upload: upload.id, method: 'PUT' as const, url: put.url, headers: put.headers, expires_at: put.expiresAt, file_kept_until: fileExpiresAt,
    })
  })
}
