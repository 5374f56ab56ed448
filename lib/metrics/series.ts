type LabelValues = Readonly<Record<string, string>>
type Options = { name: string, help: string, labelNames: readonly string[] }
type Value = { labels: Record<string, string | number>, value: number, metricName?: string }

/**
 * The values of a metric, one for each combination of labels, in the form that prom-client's registry reads. prom-client's own
 * counters and histograms validate, sort and join the labels at each update. A series finds a combination by one key, and
 * usually skips the lookup because the labels are those of the previous call.
 */
abstract class Series<S> {
  readonly name: string
  readonly help: string
  abstract readonly type: 'counter' | 'histogram'
  readonly aggregator = 'sum'
  readonly #labelNames: readonly string[]
  readonly #byKey = new Map<string, { labels: LabelValues, state: S }>()
  #latest: { labels: LabelValues, state: S } | undefined

  constructor ({ name, help, labelNames }: Options) {
    this.name = name
    this.help = help
    this.#labelNames = labelNames
  }

  protected abstract createState (): S
  protected abstract valuesOf (labels: LabelValues, state: S): Value[]

  /** Compares with the previous call's labels first, because most calls repeat them. */
  protected stateOf (labels: LabelValues): S {
    const latest = this.#latest
    if (latest && this.#areSame(latest.labels, labels)) return latest.state
    return (this.#latest = this.#find(labels)).state
  }

  #areSame (some: LabelValues, others: LabelValues): boolean {
    for (const name of this.#labelNames) if (some[name] !== others[name]) return false
    return true
  }

  #find (labels: LabelValues): { labels: LabelValues, state: S } {
    const key = this.#labelNames.map(name => labels[name]).join('\n')
    let found = this.#byKey.get(key)
    if (!found) this.#byKey.set(key, found = { labels, state: this.createState() })
    return found
  }

  /** Called by the registry at each scrape. */
  async get () {
    const values = [...this.#byKey.values()].flatMap(({ labels, state }) => this.valuesOf(labels, state))
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values }
  }
}

/** A value that only increases. */
export class Counter extends Series<{ value: number }> {
  readonly type = 'counter'

  add (labels: LabelValues, by: number): void {
    this.stateOf(labels).value += by
  }

  protected createState () {
    return { value: 0 }
  }

  protected valuesOf (labels: LabelValues, { value }: { value: number }): Value[] {
    return [{ labels: { ...labels }, value }]
  }
}

type HistogramState = { counts: Float64Array, sum: number }

/** Counts the values within each bound, and adds up all values. */
export class Histogram extends Series<HistogramState> {
  readonly type = 'histogram'
  readonly #bounds: readonly number[]

  constructor ({ buckets, ...options }: Options & { buckets: readonly number[] }) {
    super(options)
    this.#bounds = buckets
    if (options.labelNames.length === 0) this.stateOf({})
  }

  observe (labels: LabelValues, value: number): void {
    const state = this.stateOf(labels)
    let at = 0
    while (at < this.#bounds.length && value > this.#bounds[at]!) at++
    state.counts[at]!++
    state.sum += value
  }

  protected createState (): HistogramState {
    return { counts: new Float64Array(this.#bounds.length + 1), sum: 0 }
  }

  /** Returns cumulative buckets, as Prometheus defines them. */
  protected valuesOf (labels: LabelValues, { counts, sum }: HistogramState): Value[] {
    let count = 0
    const buckets = [...this.#bounds, '+Inf'].map((le, at) => {
      count += counts[at]!
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: count }
    })
    return [...buckets, { metricName: `${this.name}_sum`, labels: { ...labels }, value: sum }, { metricName: `${this.name}_count`, labels: { ...labels }, value: count }]
  }
}
