import t from 'tap'
import type { TObject } from 'typebox'
import { Config as IngestionApi } from '../../services/ingestion-api/config.ts'
import { Config as IngestionWorker } from '../../services/ingestion-worker/config.ts'
import { Config as Migrate } from '../../services/migrate/config.ts'
import { Config as RatesApi } from '../../services/rates-api/config.ts'
import { alarms, type Alarm } from '../../observability/alarms.ts'
import { cloudWatchMetrics, type CloudWatchMetric } from '../../lib/metrics/cloudwatch.ts'
import { definitions, type Definition } from '../../lib/metrics/definitions.ts'
import { problems } from '../../lib/http/problem.ts'
import { compare } from './compare.ts'

const processes: Record<string, TObject> = {
  'Rates API': RatesApi, 'Ingestion API': IngestionApi, 'Ingestion worker': IngestionWorker, Migrate,
}

/** Compares the generated tables in docs/ with the code. `npm run docs` runs this file with UPDATE_DOCS=1, which writes the tables. */
t.test('the tables in docs/ match the code', async t => {
  await compare(t, 'configuration.md', Object.entries(processes).map(([name, schema]) => `## ${name}\n\n${configuration(schema)}`).join('\n\n'))
  await compare(t, 'errors.md', errors())
  await compare(t, 'observability.md', metrics())
})

function configuration (schema: TObject): string {
  const required = new Set(schema.required as string[])
  const rows = Object.entries(schema.properties as Record<string, { description?: string, default?: unknown }>).map(([name, property]) => {
    const value = property.default !== undefined ? `\`${String(property.default)}\`` : required.has(name) ? 'required' : 'not set'
    return `| \`${name}\` | ${value} | ${(property.description ?? '').replaceAll('|', '\\|')} |`
  })
  return ['| variable | default | what it is |', '| --- | --- | --- |', ...rows].join('\n')
}

function metrics (): string {
  const own = Object.entries<Definition>(definitions).map(([name, { kind, help, labels = {} }]) => {
    const labelText = Object.entries(labels).map(([label, values]) => values.length > 0 ? `${label}: ${values.join(', ')}` : label).join('; ')
    return `| \`${name}\` | ${kind} | ${help} | ${labelText} |`
  })
  const onAws = Object.entries(cloudWatchMetrics).flatMap(([service, table]) => Object.entries<CloudWatchMetric>(table)
    .map(([name, { of, help, unit }]) => `| \`${name}\` | ${service} | ${help} | ${unit} | \`${of}\` |`))
  const alarmRows = Object.entries<Alarm>(alarms).map(([name, { summary, severity, prometheus, aws }]) =>
    `| [${name}](runbook.md#${name}) | ${severity} | ${summary} | ${prometheus ? 'yes' : ''} | ${aws?.metric ?? ''} |`)
  return [
    '## Alarms', '', '| alarm | severity | condition | Prometheus | CloudWatch metric |', '| --- | --- | --- | --- | --- |', ...alarmRows, '',
    '## Metrics', '', 'Each metric has the label `service`. prom-client adds metrics of the process: CPU, memory, garbage collection and event loop.', '',
    '| name | kind | what it is | labels |', '| --- | --- | --- | --- |', ...own, '',
    '## On CloudWatch', '', '| name | service | what it is | unit | made from |', '| --- | --- | --- | --- | --- |', ...onAws,
  ].join('\n')
}

function errors (): string {
  const rows = Object.entries(problems).map(([code, { status, title }]) => `| \`/problems/${code}\` | ${status} | ${title} |`)
  return ['| type | status | title |', '| --- | --- | --- |', ...rows].join('\n')
}
