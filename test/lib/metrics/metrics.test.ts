import t from 'tap'
import { cloudWatchMetrics } from '../../../lib/metrics/cloudwatch.ts'
import { embedMetrics } from '../../../lib/metrics/embedded.ts'
import { openMetrics, valueOf } from '../../../lib/metrics/metrics.ts'

t.test('a counter is 0 before the first event, for each value of its labels', async t => {
  const text = await openMetrics('rates-api').registry.metrics()
  t.match(text, 'freight_batches_finished_total{outcome="rejected",service="rates-api"} 0')
  t.match(text, 'freight_http_server_errors_total{service="rates-api"} 0')
})

t.test('a gauge is absent until its value is known, and absent again when its value becomes unknown', async t => {
  const metrics = openMetrics('ingestion-worker')
  const ages = async (): Promise<string[]> => (await metrics.registry.metrics()).split('\n').filter(line => line.startsWith('freight_oldest_batch_seconds'))
  t.same(await ages(), [])
  metrics.set('freight_oldest_batch_seconds', {}, 7)
  t.same(await ages(), ['freight_oldest_batch_seconds{service="ingestion-worker"} 7'])
  metrics.set('freight_oldest_batch_seconds', {}, undefined)
  t.same(await ages(), [])
})

t.test('the lines for CloudWatch', async t => {
  const metrics = openMetrics('ingestion-worker')
  const lines: any[] = []
  const write = (line: string): void => { lines.push(JSON.parse(line)) }
  const { stop } = embedMetrics(metrics, { service: 'ingestion-worker', namespace: 'freight-rates/test', everyMs: 3_600_000, write })
  metrics.count('freight_batches_finished_total', { outcome: 'rejected' }, 2)
  metrics.count('freight_batches_finished_total', { outcome: 'applied' })
  metrics.observe('freight_batch_seconds', {}, 1)
  metrics.observe('freight_batch_seconds', {}, 3)
  metrics.set('freight_batches', { state: 'dead_lettered' }, 4)
  await stop()
  metrics.count('freight_batches_finished_total', { outcome: 'rejected' })
  metrics.set('freight_batches', { state: 'dead_lettered' }, undefined)
  await stop()

  const [first, second] = lines
  t.match(first, { BatchesRejected: 2, BatchesApplied: 1, BatchesDeadLettered: 0, SecondsPerBatch: 2, DeadLetters: 4 })
  t.match(second, { BatchesRejected: 1, BatchesApplied: 0 }, 'counts are those since the previous line')
  t.notOk('SecondsPerBatch' in second, 'without a batch there is no mean')
  t.notOk('DeadLetters' in second, 'unknown values are absent')
  for (const line of lines) {
    const [directive] = line._aws.CloudWatchMetrics
    t.same([directive.Namespace, directive.Dimensions], ['freight-rates/test', [[]]])
    const { _aws, service, ...values } = line
    t.same(directive.Metrics.map(({ Name }: { Name: string }) => Name), Object.keys(values), 'each value is declared, and each declared metric has its value')
    t.ok(Math.abs(Date.now() - _aws.Timestamp) < 60_000)
  }
  t.ok(Object.keys(first).every(name => ['_aws', 'service'].includes(name) || name in cloudWatchMetrics['ingestion-worker']))
})

t.test('the value of a metric is the sum over the labels that are not given', async t => {
  const metrics = openMetrics('rates-api')
  metrics.observe('freight_http_request_seconds', { method: 'GET', route: '/rates', status: '200' }, 0.5)
  metrics.observe('freight_http_request_seconds', { method: 'GET', route: '/rates', status: '503' }, 1.5)
  t.equal(await valueOf(metrics, 'freight_http_request_seconds', { route: '/rates' }, 'sum'), 2)
  t.equal(await valueOf(metrics, 'freight_http_request_seconds', { status: '503' }, 'count'), 1)
  t.equal(await valueOf(metrics, 'freight_oldest_batch_seconds'), undefined)
})
