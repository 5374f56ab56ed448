import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js'

/**
 * Adds `If-None-Match: *` to PUT and to the completion of a multipart upload: 412 if the object exists, as in S3. Adds `If-Match: ETAG` to PUT: 412
 * for another object, 404 for none. fauxqs ignores both.
 */
export function refuseToOverwrite (app: FastifyInstance, s3: S3Store): void {
  // The hook runs after the body is read. Nothing is awaited before the write, so one of two concurrent requests is first.
  app.addHook('preHandler', (request, reply, done) => {
    const { 'if-none-match': noneMatch, 'if-match': match } = request.headers
    if ((noneMatch === undefined && match === undefined) || !writesObject(request)) return done()
    const etag = etagOf(request, s3)
    if (noneMatch === '*' && etag !== null) return refuse(reply, 412, 'PreconditionFailed', 'If-None-Match')
    if (match !== undefined && etag === null) return refuse(reply, 404, 'NoSuchKey', 'If-Match')
    if (match !== undefined && match !== etag) return refuse(reply, 412, 'PreconditionFailed', 'If-Match')
    done()
  })
}

function refuse (reply: FastifyReply, status: number, code: string, condition: string): void {
  reply.code(status).type('application/xml')
    .send(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>At least one of the pre-conditions you specified did not hold</Message><Condition>${condition}</Condition></Error>`)
}

function writesObject ({ method, query }: FastifyRequest): boolean {
  const part = 'partNumber' in (query as object)
  return (method === 'PUT' && !part) || (method === 'POST' && 'uploadId' in (query as object))
}

/** Returns the ETag of the object that a request writes; null if there is none. */
function etagOf ({ params }: FastifyRequest, s3: S3Store): string | null {
  const { bucket, '*': key } = params as { bucket?: string, '*'?: string }
  if (!bucket || !key) return null
  try {
    return s3.headObject(bucket, key).etag
  } catch {
    return null
  }
}
