import { Agent, createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { testSystem } from './system.ts'

/** One call to the store or the queue: method and key, for example `PUT` and `pending/<id>`, or `SendMessage` and ''. */
export type AwsCall = { service: 's3' | 'sqs', method: string, key: string, accessKeyId: string }
export type Which = (call: AwsCall) => boolean

export type HeldCall = {
  /** Resolves when the call has reached the place where the proxy holds it. */
  reached: Promise<AwsCall>
  /** Releases the call. Without it the call hangs. */
  release: () => void
  /** Ends the fault if no call has reached it. */
  cancel: () => void
}

export type AwsProxy = {
  endpoint: string
  /** Every call since the start. */
  calls: AwsCall[]
  /** Returns the number of calls in flight. A call is in flight until its response body is complete. */
  inFlight: () => number
  /** Cuts the connection of these calls, as if the dependency were unavailable. The returned function ends the fault. */
  cut: (which: Which) => () => void
  /** Refuses these calls as AWS refuses expired credentials. The returned function ends the fault. */
  expire: (which: Which) => () => void
  /** Cuts the connection in the middle of the response to the next such call. */
  cutResponse: (which: Which) => void
  /** Holds the next such call before the emulator receives it (`call`), or holds its response (`response`). */
  hold: (which: Which, where: 'call' | 'response') => HeldCall
}

type Rule = { which: Which, act: 'cut' | 'expire' | 'cut response' | 'hold call' | 'hold response', once: boolean, reached?: (call: AwsCall) => void, released?: Promise<void> }

/**
 * Opens a proxy in front of the emulator. The proxy adds what AWS does and the emulator does not (conditional writes), and injects faults. Faults
 * are injected here, so product code needs no pause points.
 */
export async function awsProxy (t: Test): Promise<AwsProxy> {
  const upstream = new URL(testSystem().awsEndpoint)
  const agent = new Agent({ keepAlive: true })
  const calls: AwsCall[] = []
  const rules = new Set<Rule>()
  const sockets = new Set<Socket>()
  const writing = new Map<string, Promise<unknown>>()

  let inFlight = 0
  const server = createServer((request, response) => {
    inFlight++
    serve(request, response).catch(() => request.socket.destroy()).finally(() => { inFlight-- })
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    agent.destroy()
    server.close()
  })

  async function serve (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = callOf(request)
    calls.push(call)
    if (take(call, 'cut')) {
      request.socket.destroy()
      return
    }
    await meet(take(call, 'hold call'), call)
    if (take(call, 'expire')) {
      respondExpired(call, request, response)
      return
    }
    if (request.headers['if-none-match'] === '*' && request.method === 'PUT') {
      await oneAtATime(request.url!, async () => {
        if (await exists(request.url!)) respondPreconditionFailed(request, response)
        else await pass(call, request, response)
      })
    } else {
      await pass(call, request, response)
    }
  }

  /** Sends the call with its body to the emulator, and its response to the client. */
  async function pass (call: AwsCall, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const upstreamResponse = await new Promise<IncomingMessage>((resolve, reject) => {
      const { method, url: path, headers } = request
      const outgoing = forward({ agent, host: upstream.hostname, port: upstream.port, method, path, headers }, resolve).once('error', reject)
      // The body of an aborted call never ends, even if it has arrived completely. The client may have aborted the call before this line.
      const abort = (): void => { if (!request.readableEnded) outgoing.destroy(new Error('the client has aborted the call')) }
      if (request.destroyed) abort()
      else request.once('close', abort)
      request.pipe(outgoing)
    })
    await meet(take(call, 'hold response'), call)
    if (take(call, 'cut response')) {
      await breakOff(upstreamResponse, response)
    } else {
      response.writeHead(upstreamResponse.statusCode!, upstreamResponse.headers)
      upstreamResponse.pipe(response)
      if (!response.closed) await new Promise(resolve => response.once('close', resolve))
    }
  }

  /** Sends half of the response body, or only the head if the body is empty. */
  async function breakOff (upstreamResponse: IncomingMessage, response: ServerResponse): Promise<void> {
    const { value } = await upstreamResponse[Symbol.asyncIterator]().next() as { value?: Buffer }
    if (value) {
      response.writeHead(upstreamResponse.statusCode!, upstreamResponse.headers)
      await new Promise(resolve => response.write(value.subarray(1), resolve))
    }
    response.destroy()
  }

  async function exists (path: string): Promise<boolean> {
    const { ok } = await fetch(new URL(path.split('?')[0]!, upstream), { method: 'HEAD' })
    return ok
  }

  async function oneAtATime (key: string, work: () => Promise<void>): Promise<void> {
    const mine = (writing.get(key) ?? Promise.resolve()).then(work)
    const quiet = mine.catch(() => {})
    writing.set(key, quiet)
    await mine
    if (writing.get(key) === quiet) writing.delete(key)
  }

  function take (call: AwsCall, act: Rule['act']): Rule | undefined {
    for (const rule of rules) {
      if (rule.act !== act || !rule.which(call)) continue
      if (rule.once) rules.delete(rule)
      return rule
    }
  }

  async function meet (rule: Rule | undefined, call: AwsCall): Promise<void> {
    rule?.reached?.(call)
    await rule?.released
  }

  function add (rule: Rule): () => void {
    rules.add(rule)
    return () => rules.delete(rule)
  }

  return {
    endpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    calls,
    inFlight: () => inFlight,
    cut: which => add({ which, act: 'cut', once: false }),
    expire: which => add({ which, act: 'expire', once: false }),
    cutResponse (which) { add({ which, act: 'cut response', once: true }) },
    hold (which, where) {
      const reached = Promise.withResolvers<AwsCall>()
      const released = Promise.withResolvers<void>()
      const cancel = add({ which, act: `hold ${where}`, once: true, reached: reached.resolve, released: released.promise })
      return { reached: reached.promise, release: released.resolve, cancel }
    },
  }
}

function callOf ({ headers, method, url }: IncomingMessage): AwsCall {
  const action = headers['x-amz-target']
  const accessKeyId = /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1] ?? ''
  if (typeof action === 'string') return { service: 'sqs', method: action.split('.')[1]!, key: '', accessKeyId }
  return { service: 's3', method: method!, key: decodeURIComponent(url!.split('?')[0]!.split('/').slice(2).join('/')), accessKeyId }
}

function respondExpired ({ service }: AwsCall, request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const [status, type, body] = service === 's3'
    ? [400, 'application/xml', '<?xml version="1.0" encoding="UTF-8"?><Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>']
    : [403, 'application/x-amz-json-1.0', '{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"The security token included in the request is expired"}']
  response.writeHead(status as number, { 'content-type': type })
  response.end(body)
}

function respondPreconditionFailed (request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  response.writeHead(412, { 'content-type': 'application/xml' })
  response.end('<?xml version="1.0" encoding="UTF-8"?><Error><Code>PreconditionFailed</Code>' +
    '<Message>At least one of the pre-conditions you specified did not hold</Message><Condition>If-None-Match</Condition></Error>')
}
