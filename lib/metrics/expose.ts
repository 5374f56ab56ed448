import { countConnections } from '../postgres/database.ts'
import type { Log } from '../process/log.ts'
import { embedMetrics, type EmbeddedOptions } from './embedded.ts'
import { collectProcessMetrics, type Metrics } from './metrics.ts'
import { serveMetrics } from './server.ts'

export type ExposeOptions = {
  METRICS_PORT?: number
  METRICS_HOST: string
  METRICS_NAMESPACE?: string
  METRICS_SECONDS: number
}

/** Exposes the metrics of a process as configured. Resolves to the function that stops this. */
export async function exposeMetrics (
  metrics: Metrics, service: EmbeddedOptions['service'], config: ExposeOptions, log: Log
): Promise<() => Promise<unknown>> {
  const { METRICS_PORT: port, METRICS_HOST: host, METRICS_NAMESPACE: namespace } = config
  collectProcessMetrics(metrics)
  metrics.collect('freight_db_connections', () => [[{}, countConnections()]])
  const server = port === undefined ? undefined : await serveMetrics(metrics, { host, port, log })
  // Bypasses the log: its level may suppress every line.
  const write = (line: string): unknown => process.stdout.write(line)
  const embedded = namespace ? embedMetrics(metrics, { service, namespace, everyMs: config.METRICS_SECONDS * 1_000, write }) : undefined
  return () => Promise.all([server?.close(), embedded?.stop()])
}
