import type { FastifyInstance, FastifyRequest } from 'fastify'
import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { isInProgress, type Encoding, type Manifest } from '../../../lib/batch/batch.ts'
import { createManifest } from '../../../lib/batch/create-manifest.ts'
import { acceptNamed } from '../../../lib/batch/naming.ts'
import type { Store } from '../../../lib/batch/store/store.ts'
import { withdrawalId } from '../../../lib/batch/withdrawal.ts'
import { recordAccepted } from '../../../lib/batch/records.ts'
import { withDeadline } from '../../../lib/process/deadline.ts'
import { accessProblems, providerOf, requireKey } from '../../../lib/api-keys/require-key.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { Problem, type ProblemCode } from '../../../lib/http/problem.ts'
import type { IngestionApi } from '../context.ts'
import { requireBatchType } from '../body/accepted-types.ts'
import { parseContentDigest, type DigestCheck } from '../body/content-digest.ts'
import { readUploadCommand } from '../body/upload-command.ts'
import { parseCharset, parseEncoding, parseFormat } from '../body/media.ts'
import { checkLength, receiveBody, wholeBody, type OpenFile } from '../body/receive.ts'
import { uploadedContent, type Content } from '../body/upload.ts'
import { refusalOf } from '../profile-of-batch.ts'
import type { FormFields } from '../form/form-fields.ts'
import { formBoundary, readForm } from '../form/read-form.ts'
import { Parameters, queryWithForm, readParameters, type Query } from '../parameters.ts'
import { seriesPattern } from '../replaces.ts'
import { databaseTimeoutMs, readBatchView } from '../lookup.ts'
import { BatchView, viewOfManifest } from '../view.ts'
import { preferenceApplied, preferHeader } from '../waiting/wait-for-end.ts'

const accepted = (description: string) => ({
  description,
  headers: {
    location: { type: 'string', description: 'URL of the batch' },
    'idempotency-replayed': { type: 'string', enum: ['true', 'false'], description: 'true: the batch was accepted by an earlier request' },
    'preference-applied': preferenceApplied,
  },
  content: { 'application/json': { schema: BatchView } },
})

/** Without `required`: Fastify validates the stream of the body with it. */
const formSchema = {
  type: 'object',
  description: 'A form with one file, of any of these types, and at most 10 values of at most 1 KiB: the parameters of the query, before or after the file',
  properties: { file: { type: 'string', format: 'binary' }, ...Parameters.properties },
}

const schema = {
  summary: 'Send a batch of prices',
  description: 'Stores the batch and queues it. The same key always means the same batch; without a key, the same content in the same format does. A dry run without a key is always a new batch. A batch that replaces others takes them back in the moment in which it is applied.',
  tags: ['batches'],
  security: [{ key: [] }],
  querystring: Parameters,
  // Without types: the body is a stream, and the worker validates its content.
  body: {
    content: {
      'text/csv': { schema: { description: 'A header with orig_code, dest_code, day and price in any order, then a line for each price' } },
      'application/x-ndjson': { schema: { description: 'A line for each price: {"orig_code", "dest_code", "day", "price"}' } },
      'application/json': { schema: { description: 'An array of prices: [{"orig_code", "dest_code", "day", "price"}], or {"upload": id}' } },
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': { schema: { description: 'An Excel workbook (XLSX) with a sheet of prices' } },
      'application/vnd.apache.parquet': { schema: { description: 'A Parquet file with the columns of a price' } },
      'application/zip': { schema: { description: 'A ZIP file with one such file in it' } },
      'application/octet-stream': { schema: { description: 'Any of these files: its content shows which' } },
      'multipart/form-data': { schema: formSchema },
    },
  },
  headers: Type.Object({
    'idempotency-key': Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{1,255}$', description: '1 to 255 visible ASCII characters without spaces: the batch\'s name' })),
    'batch-series': Type.Optional(Type.String({ pattern: seriesPattern, description: '1 to 100 letters, digits, dots, hyphens and underscores: your name of a series of batches' })),
    'content-digest': Type.Optional(Type.String({ description: 'RFC 9530: sha-256=:BASE64:, of the body as it is sent; sha-512 too' })),
    'content-encoding': Type.Optional(Type.String({ description: 'gzip (or x-gzip) or identity' })),
    prefer: preferHeader,
  }),
  response: {
    200: accepted('With Prefer: wait: the batch was accepted, and is no longer queued or processing'),
    202: accepted('Accepted: the batch is stored durably'),
    ...documentedProblems(...accessProblems('submit'), 'invalid-parameters', 'malformed-request', 'malformed-body', 'digest-mismatch',
      'unknown-upload', 'request-timeout', 'upload-incomplete', 'content-too-large', 'unsupported-media-type', 'unknown-batch', 'unknown-profile', 'batch-withdrawn', 'key-reused', 'too-many-requests', 'too-many-unfinished', 'overloaded', 'store-unavailable', 'queue-unavailable', 'database-unavailable'),
  },
}

/** Problems after which the payload of the request belongs to no batch. */
const refusals: readonly ProblemCode[] = ['key-reused', 'too-many-unfinished', 'database-unavailable']

/** `POST /batches` */
export function registerSubmit (app: FastifyInstance, api: IngestionApi): void {
  const { store, sql, log, metrics, limits } = api
  app.removeAllContentTypeParsers() // Fastify's own parsers accept text/plain, which is not a batch format
  app.addContentTypeParser('*', (_request, body, done) => done(null, body)) // requireBatchType has refused other types

  app.post<{ Querystring: Query }>('/batches', {
    schema,
    config: { rateLimit: api.rateLimit },
    onRequest: requireKey(api.keys, 'submit'),
    preParsing: requireBatchType,
  }, async (request, reply) => {
    if (!request.body) throw new Problem('malformed-body', 'The body is empty: a batch needs at least one price')
    const contentType = request.headers['content-type']
    const boundary = formBoundary(contentType)
    const declared = parseFormat(contentType) ?? null
    const encoding = encodingOf(request, boundary !== undefined)
    checkLength(request.raw, limits)
    let parameters = await readParameters(store, request, request.query)
    const digest = parseContentDigest(request.headers['content-digest'] as string | undefined)
    const upload = declared === 'json' ? await readUploadCommand(request.raw, digest, limits) : null
    const readFields = async (fields: FormFields): Promise<void> => {
      parameters = await readParameters(store, request, queryWithForm(request, fields))
    }
    const early = upload === null && refusalOf(parameters.profile, declared)
    if (early) throw early
    const openFile = boundary === undefined
      ? wholeBody({ declared, encoding, charset: parseCharset(contentType) })
      : readForm({ boundary, maxBytes: limits.maxBytes, check: readFields })
    const sent = upload === null ? await receivedContent(request, openFile, digest) : await uploadedContent(api, providerOf(request), upload)
    const refusal = refusalOf(parameters.profile, sent.format)
    if (refusal) {
      discard(sent)
      throw refusal
    }
    const manifest = createManifest(sent, {
      provider: providerOf(request), key: request.headers['idempotency-key'] as string | undefined, ...parameters, traceparent: request.id,
    })
    const accepting = performance.now()
    const acceptance = await acceptNamed({ ...api, admit: api.unfinished.admit }, manifest, sent.formerName).catch(error => {
      if (error instanceof Problem && refusals.includes(error.code)) discard(sent)
      throw error
    })
    if (acceptance.manifest.payload.key !== sent.payload.key) discard(sent)
    const { id } = acceptance.manifest
    const { provider, mode, bytes } = manifest
    metrics.observe('freight_batch_step_seconds', { step: 'accept' }, (performance.now() - accepting) / 1_000)
    metrics.count('freight_batches_accepted_total', { replayed: acceptance.replayed ? 'yes' : 'no' })
    metrics.count('freight_body_bytes_total', {}, bytes)
    request.log.info({ step: 'accept', batchId: id, provider, mode, bytes, replayed: acceptance.replayed }, 'batch accepted')

    api.runInBackground(finish(acceptance.manifest, acceptance.pending))
    const readView = (): Promise<BatchView> => readBatchView(sql, log, acceptance.manifest)
    const current = acceptance.replayed && !acceptance.databaseUnavailable
      ? await readView()
      : viewOfManifest(acceptance.manifest, acceptance.replayed ? 'accepted' : 'queued')
    if (acceptance.replayed && await isWithdrawn(store, acceptance.manifest, current.state)) throw withdrawnProblem(acceptance.manifest)
    const view = await api.waitForEnd(request, reply, current, readView)
    const hasEnded = reply.hasHeader('preference-applied') && !isInProgress(view.state)
    return reply.code(hasEnded ? 200 : 202).headers({ location: `/batches/${id}`, 'idempotency-replayed': String(acceptance.replayed) }).send(view)
  })

  async function receivedContent (request: FastifyRequest, openFile: OpenFile, digest: DigestCheck): Promise<Content> {
    const provider = providerOf(request)
    const storing = performance.now()
    const received = await api.withBodySlot(provider, () => receiveBody(request.raw, openFile, digest, limits,
      body => store.putStream(`incoming/${provider}/${randomUUID()}`, body, 'application/octet-stream')))
    const ms = performance.now() - storing
    metrics.observe('freight_batch_step_seconds', { step: 'store' }, ms / 1_000)
    request.log.info({ step: 'store', bytes: received.bytes, ms: Math.round(ms * 10) / 10 }, 'batch step')
    const charset = received.format === 'csv' ? received.charset : undefined
    return { ...received, charset, digestOf: 'content', contentName: { kind: 'content', value: received.digest } }
  }

  /** Deletes a payload of this request that no batch names. An upload stays: its provider may name it under another key. */
  function discard ({ payload, digestOf }: Content): void {
    if (digestOf === 'payload') return
    api.runInBackground(store.deletePayload(payload)
      .catch(error => log.warn({ err: error, key: payload.key }, 'unreferenced payload not deleted')))
  }

  /** Finishes the acceptance. If a step fails, the sweeper, the worker or the next request makes up for it. */
  async function finish (manifest: Manifest, pending: boolean): Promise<void> {
    const batchId = manifest.id
    if (pending) {
      await store.deletePending(batchId).catch(error => log.warn({ err: error, batchId }, 'pending record not deleted: left to the sweeper'))
    }
    await withDeadline(recordAccepted(sql, manifest), databaseTimeoutMs)
      .then(() => api.unfinished.recorded(manifest.provider, batchId))
      .catch(error => log.warn({ err: error, batchId }, 'batch row not written: left to the worker'))
  }
}

/** Without the database, the store knows the withdrawals that its provider or an operator has requested. */
async function isWithdrawn (store: Store, manifest: Manifest, state: string): Promise<boolean> {
  if (state !== 'accepted') return state === 'withdrawn' || state === 'withdrawing'
  return await store.readManifest(withdrawalId(manifest)).catch(() => null) !== null
}

const withdrawnProblem = ({ id, name }: Manifest): Problem => new Problem('batch-withdrawn',
  `This ${name.kind === 'key' ? 'key belongs to' : 'content is that of'} batch ${id}, which was withdrawn or replaced. ` +
  'Send it under a new Idempotency-Key to have it applied', { members: { id } })

function encodingOf (request: FastifyRequest, isForm: boolean): Encoding {
  const encoding = parseEncoding(request.headers['content-encoding'])
  if (isForm && encoding !== 'identity') throw new Problem('unsupported-media-type', 'A form has no Content-Encoding: send it as it is', { headers: { 'accept-encoding': 'identity' } })
  if (encoding) return encoding
  throw new Problem('unsupported-media-type', 'Content-Encoding must be gzip or identity', { headers: { 'accept-encoding': 'gzip, identity' } })
}
