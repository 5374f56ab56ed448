import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import type * as pulumi from '@pulumi/pulumi'
import type { CloudWatchName } from '../../../lib/metrics/cloudwatch.ts'
import type { Balancer } from '../load-balancing/balancer.ts'
import type { BlueGreen } from '../load-balancing/blue-green.ts'

export interface RollbackAlarmsArgs {
  balancer: Balancer
  traffic: BlueGreen
  /** Limit of the response time's 99th percentile, in milliseconds. */
  p99Ms: number
  /**
   * Namespace of the ingestion API's own count of slow responses. The load balancer's response times include the time for which its clients wait
   * for the end of a batch (`Prefer: wait`). Without the namespace the alarm reads the load balancer's.
   */
  slowResponsesIn?: string | undefined
}

const slowResponses: CloudWatchName = 'SlowResponses'

type MetricQuery = {
  id: string
  returnData: false
  metric: { namespace: string, metricName: string, stat: string, period: number, dimensions?: Record<string, pulumi.Input<string>> }
}

/**
 * Creates the alarms that roll a deployment back. They cover both target groups, so that a swap hides nothing. Their conditions cannot
 * last for days, since a deployment ignores an alarm that already fires when the deployment begins.
 */
export function rollbackAlarms (
  name: string, { balancer, traffic, p99Ms, slowResponsesIn }: RollbackAlarmsArgs, parent: pulumi.Resource
): cloudwatch.MetricAlarm[] {
  const dimensions = (targets: BlueGreen['blue']) => ({ LoadBalancer: balancer.arnSuffix, TargetGroup: targets.arnSuffix })
  const colours = Object.entries({ b: traffic.blue, g: traffic.green })
  const both = (id: string, metricName: string, stat: string): MetricQuery[] => colours.map(([colour, targets]) => ({
    id: `${id}${colour}`, returnData: false,
    metric: { namespace: 'AWS/ApplicationELB', metricName, stat, period: 60, dimensions: dimensions(targets) },
  }))
  const alarm = (suffix: string, alarmDescription: string, threshold: number, expression: string, metrics: MetricQuery[]) =>
    new cloudwatch.MetricAlarm(`${name}-rollback-${suffix}`, {
      alarmDescription: `${alarmDescription}; rolls a deployment back`,
      comparisonOperator: 'GreaterThanThreshold', threshold, evaluationPeriods: 3, datapointsToAlarm: 2, treatMissingData: 'notBreaching',
      metricQueries: [...metrics, { id: 'value', expression, label: suffix, returnData: true }],
    }, { parent })

  const requests = both('r', 'RequestCount', 'Sum')
  // With fewer requests in a minute, a single error would end a deployment.
  const fromTwenty = (value: string): string => `IF(FILL(rb, 0) + FILL(rg, 0) > 20, ${value}, 0)`

  return [
    alarm('errors', 'More than 2 % of the responses are 5xx', 2,
      fromTwenty('100 * (FILL(eb, 0) + FILL(eg, 0)) / (FILL(rb, 0) + FILL(rg, 0))'),
      [...both('e', 'HTTPCode_Target_5XX_Count', 'Sum'), ...requests]),
    slowResponsesIn
      ? alarm('p99', `More than 1 % of the responses take longer than ${p99Ms} ms`, 1,
        fromTwenty('100 * FILL(slow, 0) / (FILL(rb, 0) + FILL(rg, 0))'),
        [{ id: 'slow', returnData: false, metric: { namespace: slowResponsesIn, metricName: slowResponses, stat: 'Sum', period: 60 } }, ...requests])
      : alarm('p99', `The 99th percentile of the response time is above ${p99Ms} ms`, p99Ms / 1_000,
        fromTwenty('MAX([FILL(tb, 0), FILL(tg, 0)])'), [...both('t', 'TargetResponseTime', 'p99'), ...requests]),
    alarm('tasks', 'Tasks fail their health check', 0,
      'FILL(ub, 0) + FILL(ug, 0)', both('u', 'UnHealthyHostCount', 'Maximum')),
  ]
}
