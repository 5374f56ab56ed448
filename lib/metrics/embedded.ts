import type { CloudWatchMetric } from './cloudwatch.ts'
import { cloudWatchMetrics } from './cloudwatch.ts'
import { valueOf, type Metrics } from './metrics.ts'

export type EmbeddedOptions = {
  service: keyof typeof cloudWatchMetrics
  /** CloudWatch namespace. Each stack has its own, so the metrics need no dimensions. */
  namespace: string
  everyMs: number
  write: (line: string) => unknown
}

/**
 * Writes the service's CloudWatch metrics to the log every `everyMs` ms, as one line in the embedded metric format. CloudWatch
 * Logs extracts the metrics, so the process makes no call to AWS. `stop` writes the last line.
 */
export function embedMetrics (metrics: Metrics, { service, namespace, everyMs, write }: EmbeddedOptions): { stop: () => Promise<void> } {
  const table = Object.entries<CloudWatchMetric>(cloudWatchMetrics[service])
  const before = new Map<string, { count: number, sum: number }>()

  async function take (name: string, { of, where, take }: CloudWatchMetric): Promise<number | undefined> {
    if (take === 'value') return await valueOf(metrics, of, where)
    const sum = await valueOf(metrics, of, where, take === 'mean' ? 'sum' : 'value') ?? 0
    const count = take === 'mean' ? await valueOf(metrics, of, where, 'count') ?? 0 : 1
    const last = before.get(name) ?? { count: 0, sum: 0 }
    before.set(name, { count, sum })
    if (take === 'increase') return sum - last.sum
    return count > last.count ? (sum - last.sum) / (count - last.count) : undefined
  }

  async function emit (): Promise<void> {
    const taken: Array<[name: string, value: number, unit: string]> = []
    for (const [name, metric] of table) {
      const value = await take(name, metric)
      if (value !== undefined) taken.push([name, value, metric.unit])
    }
    write(`${JSON.stringify({
      _aws: {
        Timestamp: Date.now(),
        CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[]], Metrics: taken.map(([Name, , Unit]) => ({ Name, Unit })) }],
      },
      service,
      ...Object.fromEntries(taken),
    })}\n`)
  }

  let emitting: Promise<void> = Promise.resolve()
  const timer = setInterval(() => { emitting = emit() }, everyMs)
  return {
    async stop () {
      clearInterval(timer)
      await emitting
      await emit()
    },
  }
}
