import type { Test } from 'tap'
import type { Declared, Program } from './program.ts'

export function alarmsAndScaling (t: Test, { of, named, stack }: Program): void {
  const alarmNamed = (name: string): Declared => named(name, 'aws:cloudwatch/metricAlarm:MetricAlarm')
  const groupsIn = (queries: any[]): string[] => [...new Set(queries.flatMap(query => query.metric?.dimensions?.TargetGroup ?? []))].sort()
  for (const api of ['rates', 'ingestion']) {
    const both = ['b', 'g'].map(colour => `targetGroup/${stack}-${api}-${colour}`.replace('targetGroup', 'TargetGroup'))
    for (const what of ['errors', 'p99', 'tasks']) {
      t.same(groupsIn(alarmNamed(`${stack}-${api}-rollback-${what}`).inputs.metricQueries), both, `${api} ${what}: a swap blinds it not`)
    }
    const { metrics } = named(`${stack}-${api}-requests`).inputs.targetTrackingScalingPolicyConfiguration.customizedMetricSpecification
    t.same(metrics.flatMap((one: any) => one.metricStat?.metric.dimensions.find(({ name }: any) => name === 'TargetGroup').value ?? []), both)
  }
  const sources = [
    ...of('aws:appautoscaling/policy:Policy').map(({ inputs }) => inputs.targetTrackingScalingPolicyConfiguration?.customizedMetricSpecification?.metrics ?? []),
    ...of('aws:cloudwatch/metricAlarm:MetricAlarm').map(one => one.inputs.metricQueries ?? []),
  ].filter(list => list.length > 0)
  for (const list of sources) {
    t.equal(list.filter((one: any) => one.returnData).length, 1, 'one of them is the answer')
    const ids = list.map((one: any) => one.id)
    for (const { expression } of list.filter((one: any) => one.expression)) {
      const words: string[] = expression.match(/[a-z][A-Za-z0-9_]*/g)
      t.same(words.filter(word => !ids.includes(word)), [], `${expression} speaks of what is there`)
    }
  }
  const [worker] = of('aws:appautoscaling/policy:Policy').filter(({ name }) => name === `${stack}-worker-backlog`)
  const { metrics } = worker!.inputs.targetTrackingScalingPolicyConfiguration.customizedMetricSpecification
  const expressions = metrics.flatMap((one: any) => one.expression ?? [])
  t.match(expressions.join(' '), /received.*> 0/, 'no more workers while nothing is received')
  t.match(expressions.join(' '), /providers/, 'no more workers than providers can keep busy')
}
