import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export type ContainerCredentials = {
  /** Environment variables that let a process find this server. */
  env: Record<string, string>
  /** Secret key and session token of each access key that was issued, by the id of the access key. */
  issued: Map<string, { secret: string, token: string }>
  setUnavailable: (now: boolean) => void
  /** Returns whether all issued credentials have expired. */
  areOver: () => boolean
}

/** Serves credentials as a container service serves a task's role: to a caller with the token. They are valid for seconds instead of hours. */
export async function containerCredentials (t: Test): Promise<ContainerCredentials> {
  const authorization = randomUUID()
  const issued: ContainerCredentials['issued'] = new Map()
  let isUnavailable = false
  let expiresAt = 0
  const server = createServer((request, response) => {
    if (isUnavailable) {
      request.socket.destroy()
      return
    }
    if (request.headers.authorization !== authorization) {
      response.writeHead(401).end()
      return
    }
    const id = `ASIA${issued.size + 1}`
    const credentials = { secret: randomUUID(), token: `${randomUUID()}/+=` }
    issued.set(id, credentials)
    expiresAt = Date.now() + 2_000
    response.setHeader('content-type', 'application/json').end(JSON.stringify({
      AccessKeyId: id, SecretAccessKey: credentials.secret, Token: credentials.token, Expiration: new Date(expiresAt).toISOString(),
    }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return {
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization,
    },
    issued,
    setUnavailable (now) { isUnavailable = now },
    areOver: () => Date.now() > expiresAt,
  }
}
