import { once } from 'node:events'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { readSettings } from '../../../dev/settings.ts'
import { openState } from '../../../dev/state/folder.ts'
import { checkApiPorts, choosePorts } from '../../../dev/state/ports.ts'
import { stateFolder } from '../program.ts'

async function listen (t: Test, port: number, host?: string): Promise<number> {
  const server = createServer().listen({ port, host })
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as { port: number }).port
}

t.test('a used port is named, with the variable that chooses another', async t => {
  for (const host of ['127.0.0.1', '0.0.0.0', undefined]) {
    const port = await listen(t, 0, host)
    await t.rejects(checkApiPorts(readSettings({ INGESTION_API_PORT: String(port), RATES_API_PORT: '19123' })),
      { message: new RegExp(`^Port ${port} is in use, .*INGESTION_API_PORT=${port + 100}\\.$`) }, `on ${host ?? 'every address'}`)
  }
  const [one, two] = [await listen(t, 0), await listen(t, 0)]
  await t.rejects(checkApiPorts(readSettings({ RATES_API_PORT: String(one), INGESTION_API_PORT: String(two) })),
    { message: new RegExp(`^Port ${one} .*; port ${two} `) }, 'both at once')
})

t.test('the other ports are those of the last start, while they are free', async t => {
  const state = openState(stateFolder(t).stateDir)
  const settings = readSettings({})
  const first = await choosePorts(state, settings)
  t.equal(new Set(Object.values(first)).size, 6)
  t.same(await choosePorts(state, settings), first)
  await listen(t, first.emulator)
  const second = await choosePorts(state, settings)
  t.match(second, { postgres: first.postgres, worker: first.worker })
  t.not(second.emulator, first.emulator)
  const third = await choosePorts(state, readSettings({ RATES_API_PORT: String(first.postgres) }))
  t.not(third.postgres, first.postgres, 'nor a requested one')
})
