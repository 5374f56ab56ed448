type Given = Readonly<Record<string, string>>
type Options = { name: string, help: string, labelNames: readonly string[] }
type Value = { labels: Record<string, string | number>, value: number, metricName?: string }

/**
 * The values of a metric, one for each combination of labels, as the registry of prom-client tells them. That library's own
 * counters and histograms check, sort and join the labels each time they are touched; here a combination is found by one key,
 * and most often need not be looked for.
 */
abstract class Series<S> {
  readonly name: string
  readonly help: string
  abstract readonly type: 'counter' | 'histogram'
  readonly aggregator = 'sum'
  readonly #labelNames: readonly string[]
  readonly #byKey = new Map<string, { labels: Given, state: S }>()
  #latest: { labels: Given, state: S } | undefined

  constructor ({ name, help, labelNames }: Options) {
    this.name = name
    this.help = help
    this.#labelNames = labelNames
  }

  protected abstract begin (): S
  protected abstract valuesOf (labels: Given, state: S): Value[]

  /** Most often it is the one that was wanted last. */
  protected of (labels: Given): S {
    const latest = this.#latest
    if (latest && this.#areSame(latest.labels, labels)) return latest.state
    return (this.#latest = this.#find(labels)).state
  }

  #areSame (some: Given, others: Given): boolean {
    for (const name of this.#labelNames) if (some[name] !== others[name]) return false
    return true
  }

  #find (labels: Given): { labels: Given, state: S } {
    const key = this.#labelNames.map(name => labels[name]).join('\n')
    let found = this.#byKey.get(key)
    if (!found) this.#byKey.set(key, found = { labels, state: this.begin() })
    return found
  }

  /** What the registry asks for. */
  async get () {
    const values = [...this.#byKey.values()].flatMap(({ labels, state }) => this.valuesOf(labels, state))
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values }
  }
}

/** What only grows. */
export class Counts extends Series<{ value: number }> {
  readonly type = 'counter'

  add (labels: Given, by: number): void {
    this.of(labels).value += by
  }

  protected begin () {
    return { value: 0 }
  }

  protected valuesOf (labels: Given, { value }: { value: number }): Value[] {
    return [{ labels: { ...labels }, value }]
  }
}

type Spread = { counts: Float64Array, sum: number }

/** How often a value was within each bound, and the sum of all. */
export class Spreads extends Series<Spread> {
  readonly type = 'histogram'
  readonly #bounds: readonly number[]

  constructor ({ buckets, ...options }: Options & { buckets: readonly number[] }) {
    super(options)
    this.#bounds = buckets
    if (options.labelNames.length === 0) this.of({})
  }

  observe (labels: Given, value: number): void {
    const spread = this.of(labels)
    let at = 0
    while (at < this.#bounds.length && value > this.#bounds[at]!) at++
    spread.counts[at]!++
    spread.sum += value
  }

  protected begin (): Spread {
    return { counts: new Float64Array(this.#bounds.length + 1), sum: 0 }
  }

  /** Cumulative, as Prometheus has them. */
  protected valuesOf (labels: Given, { counts, sum }: Spread): Value[] {
    let count = 0
    const buckets = [...this.#bounds, '+Inf'].map((le, at) => {
      count += counts[at]!
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: count }
    })
    return [...buckets, { metricName: `${this.name}_sum`, labels: { ...labels }, value: sum }, { metricName: `${this.name}_count`, labels: { ...labels }, value: count }]
  }
}
