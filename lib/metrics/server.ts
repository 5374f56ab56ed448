import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Log } from '../process/log.ts'
import type { Metrics } from './metrics.ts'

export type MetricsServer = { url: string, close: () => Promise<void> }

/** Serves `GET /metrics` as Prometheus text on a separate address. The service's public port does not serve metrics. */
export async function serveMetrics ({ registry }: Metrics, { host, port, log }: { host: string, port: number, log: Log }): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: 5_000, maxHeaderSize: 8_192 }, (request, response) => {
    if (request.url !== '/metrics' || request.method !== 'GET') {
      response.writeHead(404).end()
      return
    }
    registry.metrics().then(text => response.writeHead(200, { 'content-type': registry.contentType }).end(text), error => {
      log.error({ err: error }, 'metrics scrape failed')
      response.writeHead(500).end()
    })
  })
  server.maxConnections = 20
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port }, resolve))
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}/metrics`
  log.info({ url }, 'metrics server listening')
  return {
    url,
    close: () => new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}
