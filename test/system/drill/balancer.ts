import { Agent, createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** A task behind the balancer. */
export type Target = {
  url: string
  healthy: boolean
  /** Number of consecutive health checks with the opposite result. */
  consecutiveChecks: number
  inFlight: number
  agent: Agent
}

/** A target group: the tasks of one release, and their responses since the group was made. */
export type Group = { name: string, targets: Target[], responses: number, failed: number }

export type Balancer = Awaited<ReturnType<typeof openBalancer>>

const checkEveryMs = 200
const checksToChange = 2

/**
 * Opens a balancer that does what a deployment needs of an application load balancer: groups of targets with health checks, a production listener
 * with weights and a test listener, persistent connections to targets, and a drain. It never sends a request twice: the client gets a target's fault
 * as 502.
 */
export async function openBalancer () {
  const groups = new Set<Group>()
  let production: Array<{ group: Group, weight: number }> = []
  let testing: Group | null = null
  const listeners = await Promise.all([listen(() => weighted(production)), listen(() => testing)])
  const checks = setInterval(() => { for (const { targets } of groups) for (const target of targets) check(target) }, checkEveryMs)

  function add (name: string, urls: string[]): Group {
    const group = { name, targets: [], responses: 0, failed: 0 }
    join(group, urls)
    groups.add(group)
    return group
  }

  function join (group: Group, urls: string[]): Target[] {
    const targets = urls.map(url => ({ url, healthy: false, consecutiveChecks: 0, inFlight: 0, agent: new Agent({ keepAlive: true }) }))
    group.targets = [...group.targets, ...targets]
    return targets
  }

  /** Drains a group: it gets no new requests, and its requests in flight may finish within `delayMs`. Returns the number of unfinished requests. */
  async function drain (group: Group, delayMs: number): Promise<number> {
    production = production.filter(each => each.group !== group)
    if (testing === group) testing = null
    groups.delete(group)
    const until = performance.now() + delayMs
    while (group.targets.some(({ inFlight }) => inFlight > 0) && performance.now() < until) await pause(5)
    for (const { agent } of group.targets) agent.destroy()
    return group.targets.reduce((sum, { inFlight }) => sum + inFlight, 0)
  }

  return {
    add, join, drain,
    productionUrl: urlOf(listeners[0]),
    testUrl: urlOf(listeners[1]),
    /** Sets the shares of production traffic. */
    route (shares: Array<{ group: Group, weight: number }>) { production = shares },
    /** Sets the group of the test listener. */
    test (group: Group) { testing = group },
    async close () {
      clearInterval(checks)
      for (const { targets } of groups) for (const { agent } of targets) agent.destroy()
      await Promise.all(listeners.map(server => new Promise(resolve => {
        server.close(resolve)
        server.closeAllConnections()
      })))
    },
  }
}

async function check (target: Target): Promise<void> {
  const healthy = await fetch(`${target.url}/ready`, { signal: AbortSignal.timeout(2_000) }).then(({ ok }) => ok, () => false)
  target.consecutiveChecks = healthy === target.healthy ? 0 : target.consecutiveChecks + 1
  if (target.consecutiveChecks >= checksToChange) Object.assign(target, { healthy, consecutiveChecks: 0 })
}

async function listen (choose: () => Group | null): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, reply) => forward(request, reply, choose()))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

function forward (request: IncomingMessage, reply: ServerResponse, group: Group | null): void {
  const target = group && leastBusy(group.targets)
  if (!group || !target) return refuse(reply, 503)
  target.inFlight++
  reply.once('close', () => { target.inFlight-- })
  const { connection: _connection, ...headers } = request.headers
  const { hostname, port } = new URL(target.url)
  const sent = send({ hostname, port, agent: target.agent, method: request.method, path: request.url, headers }, upstreamResponse => {
    const { connection: _close, 'keep-alive': _timeout, 'transfer-encoding': _chunks, ...rest } = upstreamResponse.headers
    group.responses++
    if (upstreamResponse.statusCode! >= 500) group.failed++
    reply.writeHead(upstreamResponse.statusCode!, rest)
    upstreamResponse.pipe(reply)
    upstreamResponse.once('error', () => reply.destroy())
  })
  sent.once('error', () => {
    group.responses++
    group.failed++
    refuse(reply, 502)
  })
  reply.once('close', () => { if (!reply.writableFinished) sent.destroy() })
  request.pipe(sent)
}

/** Returns the least busy of the healthy targets, or of all targets if none is healthy. */
function leastBusy (targets: Target[]): Target | undefined {
  const healthy = targets.filter(target => target.healthy)
  return (healthy.length > 0 ? healthy : targets).toSorted((one, other) => one.inFlight - other.inFlight)[0]
}

function weighted (shares: Array<{ group: Group, weight: number }>): Group | null {
  let at = Math.random() * shares.reduce((sum, { weight }) => sum + weight, 0)
  return shares.find(({ weight }) => (at -= weight) < 0)?.group ?? null
}

function refuse (reply: ServerResponse, status: 502 | 503): void {
  if (reply.headersSent) reply.destroy()
  else reply.writeHead(status, { 'content-type': 'text/plain' }).end(`balancer: ${status}`)
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as { port: number }).port}`
