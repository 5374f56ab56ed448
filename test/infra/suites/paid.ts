import type { Test } from 'tap'
import type { Settings } from '../../../infra/config-schema.ts'
import { alarmMetrics, ownMetrics } from '../../../infra/metrics-paid.ts'
import { cloudWatchMetrics } from '../../../lib/metrics/cloudwatch.ts'
import type { Program } from '../program.ts'

/** Checks that infra/cost.ts counts the metrics that the program's alarms read, those of scaling included, and each of our own metrics once. */
export function paid (t: Test, { of }: Program, settings: Pick<Settings, 'database'>): void {
  const readBy = (queries: any[] | undefined): number => queries ? queries.filter(query => query.metric ?? query.metricStat).length : 1
  const alarms = of('aws:cloudwatch/metricAlarm:MetricAlarm').map(({ inputs }) => readBy(inputs.metricQueries))
  const tracked = of('aws:appautoscaling/policy:Policy').map(({ inputs }) => inputs.targetTrackingScalingPolicyConfiguration).filter(Boolean)
    .map(({ customizedMetricSpecification }) => 2 * readBy(customizedMetricSpecification?.metrics))
  t.equal(alarmMetrics(settings), [...alarms, ...tracked].reduce((sum, metrics) => sum + metrics, 0))
  const names = Object.values(cloudWatchMetrics).flatMap(metrics => Object.keys(metrics))
  t.equal(ownMetrics, names.filter((name, index) => names.indexOf(name) === index).length)
}
