import t from 'tap'
import { connect, createServer, type Socket } from 'node:net'
import { database } from '../../../harness/database.ts'
import { lockReadModel } from '../../../harness/lock.ts'
import { waitFor } from '../../../harness/wait.ts'
import { path, ratesApiOn } from '../../../harness/replicated.ts'

t.test('a probe that began while a server was unavailable does not fail a request that began after the recovery', async t => {
  const db = await database(t)
  const proxy = await switchableProxy(t, Number(new URL(db.url('rates_api')).port))
  const [refused, through] = [new URL(db.url('rates_api')), new URL(db.url('rates_api'))]
  refused.port = '1' // a primary that is unavailable
  through.port = String(proxy.port)
  const { get, ready } = await ratesApiOn(t, refused.href, [through.href], { cacheBytes: 0, probeEveryMs: 600_000 })
  t.equal((await ready()).status, 503, 'both servers are unavailable')
  proxy.mode = 'hold'
  const probed = ready()
  await waitFor(() => proxy.held.length > 0)
  proxy.mode = 'pass'
  const lock = await lockReadModel(t, db)
  const response = get(path)
  await lock.awaited()
  proxy.mode = 'reset' // the second try of the probe fails as the first does
  for (const socket of proxy.held) socket.resetAndDestroy()
  t.equal((await probed).status, 503)
  await lock.release()
  t.equal((await response).status, 200)
})

/** A port in front of the server that resets, holds or passes new connections, according to `mode` at that moment. */
async function switchableProxy (t: { teardown: (close: () => void) => void }, serverPort: number) {
  const sockets = new Set<Socket>()
  const proxy = { port: 0, mode: 'reset' as 'reset' | 'hold' | 'pass', held: [] as Socket[] }
  const server = createServer(client => {
    sockets.add(client)
    client.on('error', () => {})
    if (proxy.mode === 'reset') client.resetAndDestroy()
    else if (proxy.mode === 'hold') proxy.held.push(client)
    else {
      const upstream = connect(serverPort, '127.0.0.1').on('error', () => client.destroy())
      sockets.add(upstream)
      client.pipe(upstream).pipe(client)
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  proxy.port = (server.address() as { port: number }).port
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return proxy
}
