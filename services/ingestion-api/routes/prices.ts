import type { FastifyInstance } from 'fastify'
import { Readable } from 'node:stream'
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { Type } from 'typebox'
import { accessProblems, providerOf, requireKey } from '../../../lib/api-keys/require-key.ts'
import { readApplied } from '../../../lib/batch/applied.ts'
import { documentedProblems } from '../../../lib/http/documented-problems.ts'
import { negotiate } from '../../../lib/http/media-type.ts'
import { Problem } from '../../../lib/http/problem.ts'
import { PricesIncomplete, pricesOfBatch } from '../../../lib/ledger/batch-prices.ts'
import { retryRead } from '../../../lib/postgres/retry-read.ts'
import type { IngestionApi } from '../context.ts'
import { ownManifest } from '../lookup.ts'
import { toCsv, toNdjson } from '../prices-text.ts'

const types = ['text/csv', 'application/x-ndjson'] as const

const BatchPrice = Type.Object({
  orig_code: Type.String(), dest_code: Type.String(), day: Type.String(), price: Type.Number({ description: 'in USD' }),
})

/** `GET /batches/<id>/prices`: the prices of a batch that is or was applied. */
export function registerPrices (app: FastifyInstance, { store, sql, keys, limitReads }: IngestionApi): void {
  app.get<{ Params: { id: string } }>('/batches/:id/prices', {
    schema: {
      summary: 'Every price of a batch, as CSV or NDJSON',
      description: 'Also of a withdrawn batch. Ordered by month, lane, day and price; identical prices have one line each. Ports have their current codes. ' +
        'The file can be sent as a batch. A response that ends early, without the last chunk, is not complete.',
      tags: ['batches'],
      security: [{ key: [] }],
      params: Type.Object({ id: Type.String({ maxLength: 256 }) }),
      response: {
        200: { description: 'One line for each price', content: { 'text/csv': { schema: Type.String() }, 'application/x-ndjson': { schema: BatchPrice } } },
        ...documentedProblems(...accessProblems('read'), 'not-found', 'unknown-batch', 'no-prices', 'not-acceptable', 'prices-removed', 'too-many-requests',
          'store-unavailable', 'database-unavailable'),
      },
    },
    onRequest: [requireKey(keys, 'read'), limitReads],
  }, async (request, reply) => {
    const type = negotiate(request, reply, types)
    const { id } = await ownManifest(store, providerOf(request), request.params.id)
    const batch = await retryRead(() => readApplied(sql, id))
    if (batch?.areRemoved) throw removed(id)
    if (!batch || batch.position === null) {
      const state = batch?.state ?? 'queued'
      throw new Problem('no-prices', `The batch is ${state} and was never applied`, { members: { id, state } })
    }
    const lanes = pricesOfBatch(sql, batch.number, batch.prices!)
    const text = await begun(type === 'text/csv' ? toCsv(lanes) : toNdjson(lanes), id)
    return reply.type(`${type}; charset=utf-8`).header('cache-control', 'no-store').send(Readable.from(text, { objectMode: false }))
  })
}

const removed = (id: string): Problem => new Problem('prices-removed', `The prices of batch ${id} were removed for ever`, { members: { id } })

/** Reads the first chunk, so that an error before it still has a status, and returns all chunks. A later error breaks the connection. */
async function begun (chunks: AsyncGenerator<string>, id: string): Promise<AsyncGenerator<string>> {
  try {
    const first = await chunks.next()
    return all(first, chunks)
  } catch (error) {
    throw error instanceof PricesIncomplete ? removed(id) : error
  }
}

async function * all (first: IteratorResult<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  for (let next = first; !next.done; next = await rest.next()) {
    yield next.value
    await yieldToEventLoop() // otherwise chunks that are ready are sent before another request is handled
  }
}
