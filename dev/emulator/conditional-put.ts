import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js'

/** Adds `If-None-Match: *` to PUT and to the completion of a multipart upload: 412 if the object exists, as in S3. fauxqs ignores it. */
export function refuseToOverwrite (app: FastifyInstance, s3: S3Store): void {
  // The hook runs after the body is read. Nothing is awaited before the write, so one of two concurrent requests is first.
  app.addHook('preHandler', (request, reply, done) => {
    if (request.headers['if-none-match'] !== '*' || !writesObject(request) || !exists(request, s3)) return done()
    reply.code(412).type('application/xml')
      .send('<?xml version="1.0" encoding="UTF-8"?><Error><Code>PreconditionFailed</Code><Message>At least one of the pre-conditions you specified did not hold</Message><Condition>If-None-Match</Condition></Error>')
  })
}

function writesObject ({ method, query }: FastifyRequest): boolean {
  const part = 'partNumber' in (query as object)
  return (method === 'PUT' && !part) || (method === 'POST' && 'uploadId' in (query as object))
}

function exists ({ params }: FastifyRequest, s3: S3Store): boolean {
  const { bucket, '*': key } = params as { bucket?: string, '*'?: string }
  if (!bucket || !key) return false
  try {
    return Boolean(s3.headObject(bucket, key))
  } catch {
    return false
  }
}
