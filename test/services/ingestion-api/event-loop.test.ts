import { Readable } from 'node:stream'
import t from 'tap'
import { openStore } from '../../../lib/batch/store/store.ts'
import { header, ingestionApi, sha256, type TestIngestionApi } from '../../harness/ingestion-api.ts'
import { longestBlock } from '../../harness/longest-block.ts'

const maxBlockMs = 50
const maxListedBytes = 2_048

t.test('no response blocks the event loop, and a list has bounded batches', async t => {
  const api = await ingestionApi(t)
  const { id } = (await api.submit(`${header}CNGGZ,EETLL,2021-01-05,1\n`)).body
  await api.settled()
  await fill(api, id)
  await Promise.all(['/batches', `/batches/${id}`, `/batches/${id}/errors`, '/live'].map(path => api.call(path))) // compiles the code

  /** Fetches as a client that reads without delay. */
  async function measured (path: string, as = 'demo', accept = '*/*'): Promise<Buffer> {
    const began = performance.now()
    const { result, blockedMs } = await longestBlock(async () => {
      const response = await fetch(new URL(path, api.url), { headers: { authorization: `Bearer ${as}-key`, accept } })
      if (response.status !== 200) throw new Error(await response.text())
      const chunks: Uint8Array[] = []
      for await (const chunk of response.body!) chunks.push(chunk)
      return Buffer.concat(chunks)
    })
    t.comment(`${path} ${accept}: ${result.length} bytes, ${(performance.now() - began).toFixed(0)} ms, longest block ${blockedMs.toFixed(1)} ms`)
    t.ok(blockedMs < maxBlockMs, `${path}: ${blockedMs} ms`)
    return result
  }

  t.test('the list of batches', async () => {
    const body = await measured('/batches?limit=200')
    const { batches } = JSON.parse(body.toString())
    t.equal(batches.length, 200)
    for (const batch of batches) {
      const bytes = Buffer.byteLength(JSON.stringify(batch))
      if (batch.first_errors.length !== 1 || bytes > maxListedBytes) t.fail(`${batch.first_errors.length} errors, ${bytes} bytes`)
    }
    t.match(batches.find((batch: { id: string }) => batch.id === id), { state: 'rejected', error_count: 100, first_errors: [{ row: 1, code: 'malformed_json' }] })
    t.ok(body.length <= 200 * (maxListedBytes + 1) + 100)
  })

  t.test('short texts of a list are unchanged', async () => {
    const short = { row: 7, column: 'price', value: '1e3', code: 'malformed_price', message: 'A price is "so" \\ 12,50 €', original: 'CNGGZ,EETLL,2021-01-31,1e3 😀' }
    await api.db.migrator`
      insert into batches (id, provider, mode, format, digest, bytes, accepted_at, state, error_count, first_errors)
      values (${sha256('short')}, 'other', 'apply', 'csv', ${sha256('short')}, 1, now(), 'rejected', 2, ${api.db.migrator.json([short, short])})`
    const { body } = await api.call('/batches', { as: 'other' })
    t.same(body.batches[0].first_errors, [short])
    t.match((await api.call('/batches?limit=1&state=applied', { as: 'other' })).body, { batches: [] })
  })

  t.test('one batch with a hundred long errors', async () => {
    const { first_errors: errors } = JSON.parse((await measured(`/batches/${id}`)).toString())
    t.equal(errors.length, 100)
    t.equal(errors[99].original.length, 1_000)
  })

  t.test('the same request again', async () => {
    const { result, blockedMs } = await longestBlock(async () => await api.submit(`${header}CNGGZ,EETLL,2021-01-05,1\n`))
    t.match(result, { status: 202, body: { id } })
    t.ok(blockedMs < maxBlockMs * 2, `${blockedMs} ms, half of it for the client`)
  })

  t.test('dead letters', async () => {
    await api.db.migrator`
      insert into batches (id, provider, mode, format, digest, bytes, accepted_at, state, dead_lettered_at, reason)
      select encode(sha256(convert_to('dead ' || number, 'UTF8')), 'hex'), 'demo', 'apply', 'csv', ${id}, 1, now(), 'dead_lettered', now(), repeat(chr(1), 500)
      from generate_series(1, 200) as number`
    const { dead_letters: found } = JSON.parse((await measured('/dead-letters?limit=200', 'operator')).toString())
    t.equal(found.length, 200)
  })

  t.test('a report of 5,000 long errors, as CSV and as NDJSON', async () => {
    const line = `${JSON.stringify({ ...longError('"x\n'), original: '=1,"\n'.repeat(200) })}\n`
    await openStore(api.aws.s3, api.aws.bucket).putReport(id, Readable.from(Array.from({ length: 50 }, () => Buffer.from(line.repeat(100)))))
    for (const type of ['text/csv', 'application/x-ndjson']) t.ok((await measured(`/batches/${id}/errors`, 'demo', type)).length > 10_000_000)
  })
})

const longError = (unit: string) => ({
  row: 1, column: unit.repeat(200).slice(0, 200), value: unit.repeat(200).slice(0, 200), code: 'malformed_json',
  message: `This is not JSON: ${unit.repeat(200).slice(0, 200)}`, original: unit.repeat(1_000).slice(0, 1_000),
})

const most = Number.MAX_SAFE_INTEGER

/**
 * Inserts 200 rejected batches with a hundred long errors each. Their characters take one, three and six bytes in JSON. `id` is one of the batches.
 */
async function fill (api: TestIngestionApi, id: string): Promise<void> {
  const sql = api.db.migrator
  const kinds = [['x', 149], ['€', 25], ['\u0001', 25]] as const
  for (const [unit, batches] of kinds) {
    const errors = sql.json(longError(unit) as never)
    await sql`
      insert into batches (id, provider, mode, format, digest, bytes, decoded_bytes, accepted_at, started_at, finished_at, state, row_count, error_count, first_errors, reason)
      select encode(sha256(convert_to(${unit} || number, 'UTF8')), 'hex'), 'demo', 'apply', 'csv', ${id}, ${most}, ${most}, now(), now(), now(), 'rejected', ${most}, ${most},
        (select jsonb_agg(${errors}::jsonb) from generate_series(1, 100)), ${'\u0001'.repeat(500)}
      from generate_series(1, ${batches}) as number`
  }
  await sql`
    update batches set state = 'rejected', error_count = 100, first_errors = (select jsonb_agg(${sql.json(longError('\u0001') as never)}::jsonb) from generate_series(1, 100))
    where id = ${id}`
}
