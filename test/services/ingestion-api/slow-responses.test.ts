import t from 'tap'
import { valueOf } from '../../../lib/metrics/metrics.ts'
import { elapsed } from '../../harness/elapsed.ts'
import { header, ingestionApi } from '../../harness/ingestion-api.ts'
import { chunk, head, rawRequest } from '../../harness/raw-http.ts'

t.test('slow responses are counted, without the wait for the end of a batch', async t => {
  const api = await ingestionApi(t, { limits: { slowResponseMs: 3_000 } })
  const count = () => valueOf(api.metrics, 'freight_http_slow_responses_total')
  const { body: { id } } = await api.submit(`${header}CNGGZ,EETLL,2021-01-05,1\n`)
  const waited = await api.call(`/batches/${id}`, { headers: { prefer: 'wait=4' } })
  t.match(waited, { status: 200, body: { state: 'queued' } })
  t.equal(await count(), 0, 'the client asked for the wait')

  const request = rawRequest(t, api.url)
  await request.send(head({ 'transfer-encoding': 'chunked' }))
  await request.send(chunk(header))
  await elapsed(3_000)
  await request.send(Buffer.concat([chunk('CNGGZ,EETLL,2021-01-05,2\n'), chunk('')]))
  t.match(await request.nextResponse(), { status: 202 })
  t.equal(await count(), 1)
})
