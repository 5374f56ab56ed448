import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { alarms, type Alarm } from '../../observability/alarms.ts'
import { awsMetrics } from '../../observability/aws-metrics.ts'
import { dashboard } from '../../observability/dashboard.ts'
import { generatedFiles } from '../../observability/write.ts'
import { collectMetrics } from './published-metrics.ts'

const root = join(import.meta.dirname, '../..')
const all = Object.entries<Alarm>(alarms)

t.test('the metrics that alarms and graphs read are published by the processes, or by AWS', async t => {
  const { series, embedded } = await collectMetrics(t)
  const expressions = [
    ...all.flatMap(([name, { prometheus }]) => prometheus ? [[name, prometheus.expression] as const, [name, prometheus.least?.expression ?? ''] as const] : []),
    ...dashboard.flatMap(({ panels }) => panels.flatMap(({ title, prometheus }) => prometheus.map(({ expression }) => [title, expression] as const))),
  ]
  for (const [name, expression] of expressions) {
    for (const [, metric, selector = ''] of expression.matchAll(/\b((?:freight|process|nodejs)_\w+)(\{[^}]*\})?/g)) {
      const wanted = [...selector.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => `${label}="${value}"`)
      t.ok(series.some(line => line.startsWith(`${metric}{`) && wanted.every(label => line.includes(label))), `${name}: ${metric}${selector} is published`)
    }
  }
  for (const [name, { prometheus }] of all) {
    for (const metric of prometheus?.metrics ?? []) t.match(prometheus!.expression, new RegExp(`\\b${metric}\\b|\\b${metric}_`), `${name} reads ${metric}`)
  }
  const onAws = [
    ...all.flatMap(([name, { aws }]) => aws
      ? [aws.metric, aws.shareOf, aws.least?.metric].flatMap(metric => metric === undefined ? [] : [{ name, source: aws.source, metric }])
      : []),
    ...dashboard.flatMap(({ panels }) => panels.flatMap(({ title, aws }) => aws.map(each => ({ name: title, ...each })))),
  ]
  for (const { name, source, metric } of onAws) {
    const known: readonly string[] = source === 'own' ? embedded : awsMetrics[source].metrics
    t.ok(known.includes(metric), `${name}: ${source} has ${metric}`)
  }
})

t.test('CloudWatch gets no metric that neither an alarm nor a graph reads', async t => {
  const read = new Set<string>([
    ...all.flatMap(([, { aws }]) => aws?.source === 'own' ? [aws.metric] : []),
    ...dashboard.flatMap(({ panels }) => panels.flatMap(({ aws }) => aws.filter(({ source }) => source === 'own').map(({ metric }) => metric))),
  ])
  const { cloudWatchMetrics } = await import('../../lib/metrics/cloudwatch.ts')
  t.same(Object.values(cloudWatchMetrics).flatMap(table => Object.keys(table)).filter(name => !read.has(name)), [])
})

t.test('every alarm can fire somewhere, in one direction', async t => {
  for (const [name, { prometheus, aws }] of all) {
    t.ok(prometheus ?? aws, name)
    if (aws) t.equal(Number(aws.above !== undefined) + Number(aws.below !== undefined), 1, name)
    if (aws) t.ok(aws.mustBreach <= aws.periods, name)
  }
})

t.test('the runbook has a section for each alarm, and none without an alarm', async t => {
  const text = await readFile(join(root, 'docs/runbook.md'), 'utf8')
  const sections = text.split(/^## Alarms$/m)[1]!.split(/^## /m)[0]!.split(/^### /m).slice(1)
  t.same(sections.map(section => section.split('\n')[0]), all.map(([name]) => name))
  for (const section of sections) for (const part of ['**Means.**', '**Look.**', '**Do.**']) t.match(section, part, `${section.split('\n')[0]} ${part}`)
})

t.test('the files of the local dashboard are generated from the data', async t => {
  for (const [name, text] of Object.entries(generatedFiles())) {
    t.equal(await readFile(join(root, 'observability/local', name), 'utf8'), text, 'run `npm run dashboards` and commit the result')
  }
})
