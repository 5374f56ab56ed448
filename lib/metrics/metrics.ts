import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { definitions, type Definition, type Labels, type MetricName, type NameOf } from './definitions.ts'

/** The metrics of a process. No method waits, and none throws for a finite value. */
export type Metrics = {
  count: <N extends NameOf<'counter'>>(name: N, labels: Labels<N>, by?: number) => void
  /** `undefined` removes the sample: the value is unknown. */
  set: <N extends NameOf<'gauge'>>(name: N, labels: Labels<N>, value: number | undefined) => void
  /** Calls `values` at every scrape. */
  collect: <N extends NameOf<'gauge'>>(name: N, values: () => Array<[labels: Labels<N>, value: number | undefined]>) => void
  observe: <N extends NameOf<'histogram'>>(name: N, labels: Labels<N>, seconds: number) => void
  registry: Registry
}

type LabelValues = Record<string, string>

/** Creates the metrics of one process. Each metric has the label `service`. */
export function openMetrics (service: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  for (const [name, definition] of Object.entries<Definition>(definitions)) {
    const { kind, help, labels = {}, buckets = [] } = definition
    const options = { name, help, labelNames: Object.keys(labels) }
    if (kind === 'gauge') {
      const gauge = new Gauge({ ...options, registers: [registry] })
      if (options.labelNames.length === 0) gauge.remove() // prom-client starts a gauge at 0, but the value is not known yet
      gauges.set(name, gauge)
    } else if (kind === 'counter') {
      const counter = new Counter({ ...options, registers: [registry] })
      for (const each of combinations(labels)) counter.inc(each, 0)
      counters.set(name, counter)
    } else {
      histograms.set(name, new Histogram({ ...options, buckets: [...buckets], registers: [registry] }))
    }
  }
  const set: Metrics['set'] = (name, labels, value) => {
    if (value === undefined) gauges.get(name)!.remove(labels as LabelValues)
    else gauges.get(name)!.set(labels as LabelValues, value)
  }
  return {
    count: (name, labels, by = 1) => counters.get(name)!.inc(labels as LabelValues, by),
    set,
    collect (name, values) {
      Object.assign(gauges.get(name)!, { collect: () => { for (const [labels, value] of values()) set(name, labels, value) } })
    },
    observe: (name, labels, seconds) => histograms.get(name)!.observe(labels as LabelValues, seconds),
    registry,
  }
}

/** Adds prom-client's metrics of the process: CPU, memory, garbage collection, event loop delay. */
export function collectProcessMetrics ({ registry }: Metrics): void {
  collectDefaultMetrics({ register: registry })
}

/** Returns every combination of listed values, and none if a label does not list its values. */
function combinations (labels: Readonly<Record<string, readonly string[]>>): LabelValues[] {
  return Object.entries(labels).reduce<LabelValues[]>(
    (all, [label, values]) => all.flatMap(each => values.map(value => ({ ...each, [label]: value }))), [{}])
}

/** Returns the sum of the samples that have the given labels, or undefined without any. For a histogram `of` selects its sum or count. */
export async function valueOf (
  { registry }: Metrics, name: MetricName, where: Record<string, string> = {}, of: 'value' | 'sum' | 'count' = 'value'
): Promise<number | undefined> {
  const { values } = await registry.getSingleMetric(name)!.get()
  const sampleName = of === 'value' ? undefined : `${name}_${of}`
  const found = values.filter(({ labels, ...sample }) =>
    (sampleName === undefined || (sample as { metricName?: string }).metricName === sampleName) &&
    Object.entries(where).every(([label, value]) => String(labels[label]) === value))
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
}
