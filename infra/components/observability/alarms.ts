import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import type * as pulumi from '@pulumi/pulumi'
import type { Alarm, AwsCondition } from '../../../observability/alarms.ts'
import type { MetricSources, MeasuredResource } from '../../metric-sources.ts'

export interface AlarmsArgs {
  definitions: Record<string, Alarm>
  sources: MetricSources
  topicArn: pulumi.Input<string>
  /** Limits of which a threshold may be a share. */
  limits: Record<NonNullable<AwsCondition['thresholdOf']>, number>
}

/** Creates the alarms of observability/alarms.ts: one for each resource of the alarm's source in this stack. */
export function alarms (name: string, { definitions, sources, topicArn, limits }: AlarmsArgs, parent: pulumi.Resource): void {
  for (const [alarmName, { summary, severity, aws }] of Object.entries(definitions)) {
    if (!aws) continue
    for (const resource of sources[aws.source]) {
      const other = resource.otherNames?.[aws.metric]
      if (other?.metric === '') continue // the engine has no such metric
      new cloudwatch.MetricAlarm([name, alarmName, resource.name].filter(Boolean).join('-'), {
        alarmDescription: `${summary}. docs/runbook.md#${alarmName}`,
        comparisonOperator: aws.above === undefined ? 'LessThanThreshold' : 'GreaterThanThreshold',
        threshold: (aws.above ?? aws.below ?? 0) * (aws.thresholdOf ? limits[aws.thresholdOf] : 1) * (other?.factor ?? 1),
        evaluationPeriods: aws.periods,
        datapointsToAlarm: aws.mustBreach,
        treatMissingData: aws.missing,
        metricQueries: queries(aws, resource),
        alarmActions: [topicArn],
        okActions: [topicArn],
        tags: { Severity: severity },
      }, { parent })
    }
  }
}

/**
 * Returns one query for a resource with one set of dimensions. Otherwise (blue and green target group) returns an expression that adds both.
 * For a share the queries contain both parts, and the minimum count below which the value is 0.
 */
function queries ({ metric, statistic, shareOf, least, periodSeconds }: AwsCondition, { namespace, dimensions, otherNames }: MeasuredResource) {
  const of = (id: string, metricName: string, stat: string = statistic) => dimensions.map((each, index) => ({
    id: `${id}${index}`, returnData: false,
    metric: { namespace, metricName: otherNames?.[metricName]?.metric ?? metricName, stat, period: periodSeconds, dimensions: each },
  }))
  const [first, ...others] = of('m', metric)
  if (others.length === 0 && !shareOf && !least) return [{ ...first!, returnData: true }]
  const total = (id: string): string => dimensions.map((_, index) => `FILL(${id}${index}, 0)`).join(' + ')
  const counted = least && (least.metric === metric ? 'm' : 'l')
  const unlessFew = (expression: string): string => counted ? `IF(${total(counted)} >= ${least.count}, ${expression}, 0)` : expression
  const value = (expression: string) => ({ id: 'value', expression: unlessFew(expression), label: metric, returnData: true })
  const parts = [first!, ...others, ...(shareOf ? of('s', shareOf) : []), ...(counted === 'l' ? of('l', least!.metric, 'Sum') : [])]
  if (shareOf) return [...parts, value(`IF(${total('s')} > 0, (${total('m')}) / (${total('s')}), 0)`)]
  return [...parts, value(statistic === 'p99' ? `MAX([${total('m').replaceAll(' + ', ', ')}])` : total('m'))]
}
