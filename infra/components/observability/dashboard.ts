import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Row } from '../../../observability/dashboard.ts'
import type { MetricSources } from '../../metric-sources.ts'

export interface DashboardArgs {
  rows: Row[]
  sources: MetricSources
  region: string
}

const [width, height, perRow] = [8, 6, 3]

/** Creates the dashboard of observability/dashboard.ts, row by row, with the panels that have AWS metrics. */
export function dashboard (name: string, { rows, sources, region }: DashboardArgs, parent: pulumi.Resource): cloudwatch.Dashboard {
  let y = 0
  const widgets = rows.flatMap(({ title, panels }) => {
    const shown = panels.filter(({ aws }) => aws.length > 0)
    const heading = { type: 'text', x: 0, y, width: width * perRow, height: 1, properties: { markdown: `## ${title}` } }
    const graphs = shown.map(({ title, aws }, index) => ({
      type: 'metric', width, height, x: (index % perRow) * width, y: y + 1 + Math.floor(index / perRow) * height,
      properties: { title, region, view: 'timeSeries', period: 60, metrics: aws.flatMap(line => linesOf(line, sources)) },
    }))
    y += 1 + Math.ceil(shown.length / perRow) * height
    return [heading, ...graphs]
  })
  return new cloudwatch.Dashboard(name, { dashboardName: `freight-${name}`, dashboardBody: pulumi.jsonStringify({ widgets }) }, { parent })
}

function linesOf ({ source, metric, statistic }: Row['panels'][number]['aws'][number], sources: MetricSources): unknown[][] {
  return sources[source].flatMap(({ name, namespace, dimensions, otherNames }) => {
    const metricName = otherNames?.[metric]?.metric ?? metric
    const label = [metric, statistic, name].filter(Boolean).join(' ')
    return dimensions.filter(() => metricName !== '').map(each => [namespace, metricName, ...Object.entries(each).flat(), { stat: statistic, label }])
  })
}
