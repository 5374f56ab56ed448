import { dashboard, type Panel } from './dashboard.ts'

const units: Record<Panel['unit'], string> = {
  'requests/s': 'reqps', seconds: 's', batches: 'short', 'rows/s': 'rowsps', 'bytes/s': 'Bps', bytes: 'bytes', share: 'percentunit', count: 'short', cores: 'short',
}
const perRow = 3
const [width, height] = [24 / perRow, 8]

/** Returns the dashboard in Grafana's format, without panels that have no Prometheus query. */
export function grafanaDashboard (): object {
  const panels: object[] = []
  let y = 0
  for (const { title, panels: all } of dashboard) {
    panels.push({ id: panels.length + 1, type: 'row', title, gridPos: { x: 0, y: y++, w: 24, h: 1 }, collapsed: false, panels: [] })
    const shown = all.filter(({ prometheus }) => prometheus.length > 0)
    shown.forEach(({ title, unit, prometheus }, index) => panels.push({
      id: panels.length + 1,
      type: 'timeseries',
      title,
      datasource: { type: 'prometheus', uid: 'prometheus' },
      gridPos: { x: index % perRow * width, y: y + Math.floor(index / perRow) * height, w: width, h: height },
      fieldConfig: { defaults: { unit: units[unit], min: 0 }, overrides: [] },
      targets: prometheus.map(({ expression, legend }, target) => ({
        refId: String.fromCharCode(65 + target), expr: expression.replaceAll('$window', '$__rate_interval'), legendFormat: legend,
      })),
    }))
    y += Math.ceil(shown.length / perRow) * height
  }
  return {
    uid: 'freight-rates', title: 'Freight rates', schemaVersion: 39, version: 1, editable: false, refresh: '10s', timezone: 'utc',
    time: { from: 'now-30m', to: 'now' }, panels,
  }
}
