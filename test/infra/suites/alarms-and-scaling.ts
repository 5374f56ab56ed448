import { runInNewContext } from 'node:vm'
import type { Test } from 'tap'
import type { Declared, Program } from '../program.ts'

export function alarmsAndScaling (t: Test, { of, named, stack }: Program): void {
  const alarmNamed = (name: string): Declared => named(name, 'aws:cloudwatch/metricAlarm:MetricAlarm')
  const groupsIn = (queries: any[]): string[] => [...new Set(queries.flatMap(query => query.metric?.dimensions?.TargetGroup ?? []))].sort()
  for (const api of ['rates', 'ingestion']) {
    const both = ['b', 'g'].map(colour => `targetGroup/${stack}-${api}-${colour}`.replace('targetGroup', 'TargetGroup'))
    for (const what of ['errors', 'p99', 'tasks']) {
      t.same(groupsIn(alarmNamed(`${stack}-${api}-rollback-${what}`).inputs.metricQueries), both, `${api} ${what}: a swap hides nothing`)
    }
    const { metrics } = named(`${stack}-${api}-requests`).inputs.targetTrackingScalingPolicyConfiguration.customizedMetricSpecification
    t.same(metrics.flatMap((one: any) => one.metricStat?.metric.dimensions.find(({ name }: any) => name === 'TargetGroup').value ?? []), both)
  }
  const sources = [
    ...of('aws:appautoscaling/policy:Policy').map(({ inputs }) => inputs.targetTrackingScalingPolicyConfiguration?.customizedMetricSpecification?.metrics ?? []),
    ...of('aws:cloudwatch/metricAlarm:MetricAlarm').map(one => one.inputs.metricQueries ?? []),
  ].filter(list => list.length > 0)
  for (const list of sources) {
    t.equal(list.filter((one: any) => one.returnData).length, 1, 'one of them is the expected one')
    const ids = list.map((one: any) => one.id)
    for (const { expression } of list.filter((one: any) => one.expression)) {
      const words: string[] = expression.match(/[a-z][A-Za-z0-9_]*/g)
      t.same(words.filter(word => !ids.includes(word)), [], `${expression} refers to existing queries`)
    }
  }
  t.match(alarmNamed(`${stack}-api-keys-stale`).inputs, {
    metricQueries: [{ metric: { namespace: `FreightRates/${stack}`, metricName: 'KeysAgeSeconds', stat: 'Maximum' } }], treatMissingData: 'notBreaching',
  }, 'missing keys of a secret do not count as old keys')
  if (stack === 'dev') decisions(t, named)
}

/**
 * Computes the decisions of scaling and alarms for metric values. One worker task processes 48 batches in the acceptable time and 2 providers at
 * once.
 */
function decisions (t: Test, named: Program['named']): void {
  const { targetValue, customizedMetricSpecification: { metrics } } = named('dev-worker-backlog').inputs.targetTrackingScalingPolicyConfiguration
  t.equal(targetValue, 48)
  const backlog = (seen: Seen): number => evaluate(metrics, seen)
  t.equal(backlog({ waiting: 0, received: 9, running: 3, providers: 9 }), 0, 'nothing waits')
  t.equal(backlog({ waiting: 100, received: 9, running: 1, providers: 9 }), 100, 'more than one task can process in time')
  t.equal(backlog({ waiting: 999, received: 9, running: 1, providers: 1 }), 24, 'one provider keeps half a task busy, whatever waits')
  t.equal(backlog({ waiting: 999, received: 9, running: 4, providers: 8 }), 48, 'eight providers keep four tasks busy')
  t.equal(backlog({ waiting: 999, running: 4, providers: 99 }), 48, 'without receives: as many as there are')

  const { metricQueries } = named('dev-worker-age', 'aws:cloudwatch/metricAlarm:MetricAlarm').inputs
  t.equal(evaluate(metricQueries, { received: 9, running: 1, providers: 9, age: 500 }), 500, 'late, and another task would help')
  t.equal(evaluate(metricQueries, { received: 9, running: 2, providers: 3, age: 500 }), 0, 'late, and another task would not help')
  t.equal(evaluate(metricQueries, { running: 1, providers: 9, age: 500 }), 0, 'late, and without receives')

  const errors = named('dev-rates-rollback-errors').inputs.metricQueries
  t.equal(evaluate(errors, { eb: 2, rb: 60, eg: 1, rg: 40 }), 3, 'blue and green both count')
  t.equal(evaluate(errors, { eg: 5, rg: 5 }), 0, 'a few responses are not significant')
  const p99 = named('dev-rates-rollback-p99').inputs.metricQueries
  t.equal(evaluate(p99, { tg: 0.7, rg: 21 }), 0.7)
  t.equal(evaluate(p99, { tg: 0.7, rg: 20 }), 0, 'twenty requests have no 99th percentile')
  const slow = named('dev-ingestion-rollback-p99').inputs
  t.match(slow.metricQueries[0].metric, { namespace: 'FreightRates/dev', metricName: 'SlowResponses' }, 'a client that waits for the end of a batch makes no response slow')
  t.equal(evaluate(slow.metricQueries, { slow: 3, rb: 60, rg: 40 }), 3)
  t.equal(slow.threshold, 1, 'per cent')
  t.equal(evaluate(slow.metricQueries, { slow: 3, rg: 20 }), 0)
  t.equal(evaluate(slow.metricQueries, { rg: 100 }), 0)

  for (const api of ['rates', 'ingestion']) {
    const share = named(`dev-${api}-errors`, 'aws:cloudwatch/metricAlarm:MetricAlarm').inputs.metricQueries
    t.equal(evaluate(share, { m0: 1, s0: 1 }), 0, 'one failed request at night')
    t.equal(evaluate(share, { m0: 1, s0: 50, m1: 1, s1: 50 }), 0.02, 'blue and green both count')
    t.equal(evaluate(share, { m1: 2, s1: 2 }), 1, 'few requests, all of them failed')
    t.equal(evaluate(share, {}), 0)
  }
  const gateway = named('dev-gateway-errors', 'aws:cloudwatch/metricAlarm:MetricAlarm').inputs.metricQueries
  t.equal(evaluate(gateway, { m0: 1, s0: 1 }), 0)
  t.equal(evaluate(gateway, { m0: 2, s0: 8 }), 0.25)
  const latency = named('dev-rates-latency', 'aws:cloudwatch/metricAlarm:MetricAlarm').inputs.metricQueries
  t.equal(evaluate(latency, { m0: 3, l0: 4 }), 0)
  t.equal(evaluate(latency, { m0: 0.1, l0: 2, m1: 3, l1: 3 }), 3)
}

type Seen = Record<string, number>

/** Evaluates CloudWatch's metric math, as far as it is used here. A metric that `seen` lacks has no data. */
function evaluate (queries: { id: string, expression?: string, returnData?: boolean }[], seen: Seen): number {
  const values: Record<string, unknown> = {
    ...Object.fromEntries(queries.map(({ id }) => [id, undefined])),
    ...seen,
    IF: (condition: boolean, yes: number, no: number) => condition ? yes : no,
    FILL: (value: number | undefined, other: number) => value ?? other,
    MIN: (list: number[]) => Math.min(...list),
    MAX: (list: number[]) => Math.max(...list),
  }
  for (const { id, expression } of queries) if (expression) values[id] = runInNewContext(expression.replaceAll(' AND ', ' && '), values)
  return values[queries.find(({ returnData }) => returnData)!.id] as number
}
