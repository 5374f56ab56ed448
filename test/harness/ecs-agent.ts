import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Test } from 'tap'

type Call = { ProtectionEnabled: boolean, ExpiresInMinutes?: number }
type Mood = 'available' | 'blocked' | 'broken' | 'unavailable' | 'silent' | 'late'

/** Delay of the `late` agent's response. */
export const lateMs = 60_000

/** Starts the ECS agent's endpoint for task protection. `calls` records its requests. */
export async function ecsAgent (t: Test): Promise<{ uri: string, calls: Call[], be: (mood: Mood) => void }> {
  const calls: Call[] = []
  const late = new Set<NodeJS.Timeout>()
  let mood: Mood = 'available'
  const server = createServer(async (request, response) => {
    const body = await json(request) as Call
    const isRight = request.method === 'PUT' && request.url === '/api/x/task-protection/v1/state'
    if (!isRight) throw new Error(`the agent got a request for ${request.method} ${request.url}`)
    calls.push(body)
    const respond = (status: number, what: object): void => { response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(what)) }
    if (mood === 'unavailable') request.socket.destroy()
    else if (mood === 'broken') respond(500, { error: { Code: 'ServerException', Message: 'no' } })
    else if (mood === 'blocked' && body.ProtectionEnabled) respond(200, { failure: { Arn: 'arn', Reason: 'DEPLOYMENT_BLOCKED' } })
    else if (mood === 'late') late.add(setTimeout(respond, lateMs, 200, { protection: { ProtectionEnabled: body.ProtectionEnabled, TaskArn: 'arn' } }))
    else if (mood !== 'silent') respond(200, { protection: { ProtectionEnabled: body.ProtectionEnabled, TaskArn: 'arn' } })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const timer of late) clearTimeout(timer)
    server.closeAllConnections()
    server.close()
  })
  return { uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/x`, calls, be (now) { mood = now } }
}
