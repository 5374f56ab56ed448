import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import postgres from 'postgres'
import type { Test } from 'tap'
import type { Certificate } from './certificates.ts'
import type { ContainerCredentials } from './container-credentials.ts'
import { wrongWith } from './rds-token.ts'
import type { Server } from './server.ts'

export type Rds = {
  port: number
  /** Accepted and refused tokens by user; a refused token has the reason. */
  logins: Array<{ user: string, wrong: string | null }>
  /** Cuts every open connection. */
  cut: () => void
}

const requestTls = 80_877_103

/**
 * Starts PostgreSQL as RDS offers it: TLS only, and a token instead of a password for members of `rds_iam`. The server behind must trust those
 * logins. `host` is the name that clients connect to.
 */
export async function rds (t: Test, server: Server, host: string, certificate: Certificate, region: string, issued: ContainerCredentials['issued']): Promise<Rds> {
  const logins: Rds['logins'] = []
  const connections = new Set<Socket>()
  const superuser = postgres(server.url('postgres', 'postgres'), { max: 2 })
  const front = createServer(client => {
    connections.add(client)
    client.on('error', () => {}).on('close', () => connections.delete(client))
    client.once('data', (first: Buffer) => {
      if (first.readInt32BE(4) !== requestTls) {
        client.destroy()
        return
      }
      client.write('S')
      const secured = new TLSSocket(client, { isServer: true, ...certificate })
      secured.on('error', () => {}).once('data', (startup: Buffer) => { logIn(secured, startup).catch(() => secured.destroy()) })
    })
  })

  async function logIn (client: Socket, startup: Buffer): Promise<void> {
    const parameters = startup.subarray(8).toString().split('\0')
    const user = parameters[parameters.indexOf('user') + 1]!
    if (await isIam(user)) {
      client.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])) // AuthenticationCleartextPassword
      const passwordMessage = await new Promise<Buffer>(resolve => client.once('data', resolve))
      const wrong = wrongWith(passwordMessage.subarray(5, -1).toString(), { host, port: portOf(), user, region, issued })
      logins.push({ user, wrong })
      if (wrong) {
        client.end(refusal(`PAM authentication failed for user "${user}"`))
        return
      }
    }
    const upstream = connect(Number(new URL(server.url(user, 'postgres')).port), '127.0.0.1')
    upstream.write(startup)
    client.pipe(upstream).on('error', () => client.destroy()).on('close', () => client.destroy())
    upstream.pipe(client).on('close', () => upstream.destroy())
  }

  async function isIam (user: string): Promise<boolean> {
    const [row] = await superuser`
      with recursive own as (
        select oid from pg_roles where rolname = ${user} union select roleid from pg_auth_members join own on member = own.oid
      )
      select exists (select from own where oid = (select oid from pg_roles where rolname = 'rds_iam')) as iam`
    return row!.iam as boolean
  }

  const portOf = (): number => (front.address() as AddressInfo).port
  const cut = (): void => { for (const connection of connections) connection.destroy() }
  await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    front.close()
    cut()
    await superuser.end()
  })
  return { port: portOf(), logins, cut }
}

/** Returns an ErrorResponse with severity, SQLSTATE 28000 and message. */
function refusal (message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C28000\0M${message}\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}
