import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** Starts the ECS task metadata endpoint, version 4, of the task `arn`. With null, the response has no task. */
export async function ecsMetadata (t: Test, arn: string | null): Promise<{ uri: string, close: () => void }> {
  const server = createServer((request, response) => {
    const isTask = request.method === 'GET' && request.url === '/v4/abc/task'
    response.writeHead(isTask ? 200 : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(isTask ? { Cluster: 'freight', ...(arn === null ? {} : { TaskARN: arn }), Containers: [] } : {}))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  t.teardown(close)
  return { uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v4/abc`, close }
}
