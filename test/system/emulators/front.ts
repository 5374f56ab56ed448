import { Agent, createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type Front = { endpoint: string, stop: () => Promise<void> }

/** Opens one address for both emulators: a request that names an action of SQS goes to the queue, every other request to the store. */
export async function startFront (queue: URL, store: URL): Promise<Front> {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((request, response) => {
    const action = request.headers['x-amz-target']
    pass(agent, typeof action === 'string' && action.startsWith('AmazonSQS.') ? queue : store, request, response)
  })
  server.keepAliveTimeout = 0 // a client's next request would meet a connection that is being closed
  server.requestTimeout = 0 // tests hold requests without a time limit
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop () {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}

/** Forwards a request with its original headers, including `Host`: the headers are signed. */
function pass (agent: Agent, { hostname, port }: URL, request: IncomingMessage, response: ServerResponse): void {
  const { method, url: path, headers } = request
  const outgoing = forward({ agent, hostname, port, method, path, headers }, upstreamResponse => {
    if (upstreamResponse.statusCode === 409) {
      passConflict(upstreamResponse, response).catch(() => response.destroy())
      return
    }
    response.writeHead(upstreamResponse.statusCode!, upstreamResponse.headers)
    upstreamResponse.on('error', () => response.destroy()).pipe(response)
  })
  // A store may respond and close before it has read the body. That response is then valid.
  outgoing.on('error', () => { if (!response.headersSent) response.destroy() })
  response.once('close', () => { if (!response.writableEnded) outgoing.destroy() })
  request.pipe(outgoing)
}

/**
 * versitygw stores keys as folders. A PUT beside the DELETE of the last other object of its folder gets `ExistingObjectIsDirectory`, which S3 does
 * not have. The client gets a retryable error instead.
 */
async function passConflict (upstreamResponse: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(upstreamResponse)
  const folder = body.includes('<Code>ExistingObjectIsDirectory</Code>')
  response.writeHead(folder ? 503 : 409, { 'content-type': 'application/xml' })
  response.end(folder ? body.replace('ExistingObjectIsDirectory', 'SlowDown') : body)
}
