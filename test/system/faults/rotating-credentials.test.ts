import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { awsProxy } from '../../harness/aws-proxy.ts'
import { client, header, testKeys } from '../../harness/ingestion-api.ts'
import type { OpenApi } from '../../harness/openapi.ts'
import { pipeline } from '../../harness/pipeline.ts'
import { startProcess } from '../../harness/process.ts'
import { waitFor } from '../../harness/wait.ts'

const csv = `${header}CNGGZ,EETLL,2021-01-05,100\n`

t.test('credentials are rotated during work, and refused after they expire: no batch is lost, no receive used up, no process restarted', async t => {
  const proxy = await awsProxy(t)
  const issuer = await credentialsIssuer(t)
  const it = await pipeline(t, { maxReceives: 1 })
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...env }: Record<string, string> = {
    ...it.aws.env, AWS_ENDPOINT_URL: proxy.endpoint, AWS_CONTAINER_CREDENTIALS_FULL_URI: issuer.url, RECEIVE_SECONDS: '1',
  }
  const worker = await startProcess(t, 'ingestion-worker', { ...env, DATABASE_URL: it.db.url('ingestion_worker') })
  const apiProcess = await startProcess(t, 'ingestion-api', { ...env, DATABASE_URL: it.db.url('ingestion_api'), API_KEYS: JSON.stringify(testKeys) })
  const document = await (await fetch(`${apiProcess.url}/openapi.json`)).json() as OpenApi
  const api = client(t, apiProcess.url, () => document)
  const submit = (key: string): ReturnType<typeof api.submit> => api.submit(csv, { headers: { 'idempotency-key': key } })
  proxy.expire(({ accessKeyId }) => issuer.isOver(accessKeyId))
  const used = (): Set<string> => new Set(proxy.calls.map(({ accessKeyId }) => accessKeyId))

  for (let batch = 0; used().size < 10; batch++) {
    const { status, body } = await submit(`batch-${batch}`)
    t.equal(status, 202)
    t.match(await it.settled(body.id, 'applied', 'dead_lettered'), { state: 'applied' })
  }

  // No new credentials are issued when those of the running batch expire: the batch is held until there are some.
  const manifest = proxy.hold(({ method, key }) => method === 'GET' && key.startsWith('batches/'), 'response')
  const { id } = await it.submit(csv, { key: 'held' })
  await manifest.reached
  issuer.setUnavailable(true)
  await waitFor(() => issuer.isOver())
  manifest.release()
  await worker.untilOutput('"held":true')
  t.match(await submit('refused'), { status: 503 })
  issuer.setUnavailable(false)
  t.match(await it.settled(id, 'applied', 'dead_lettered'), { state: 'applied' })
  const { status, body } = await submit('refused')
  t.equal(status, 202)
  await it.settled(body.id, 'applied')
  t.equal(await it.deadLetters.countMessages(), 0)
})

/** Serves credentials as the agent of a container service serves a role's, but valid for seconds instead of hours. */
async function credentialsIssuer (t: Test) {
  const expiries: number[] = []
  let isUnavailable = false
  const server = createServer((request, response) => {
    if (isUnavailable) {
      request.socket.destroy()
      return
    }
    expiries.push(Date.now() + 1_500)
    response.setHeader('content-type', 'application/json').end(JSON.stringify({
      AccessKeyId: `ASIA${expiries.length}`, SecretAccessKey: 'secret', Token: 'token', Expiration: new Date(expiries.at(-1)!).toISOString(),
    }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}/`,
    /** Returns whether these credentials, or the last ones, have expired. A call that was signed just before may still be in flight. */
    isOver: (accessKeyId = `ASIA${expiries.length}`) => Date.now() > expiries[Number(accessKeyId.slice(4)) - 1]! + 500,
    setUnavailable (now: boolean) { isUnavailable = now },
  }
}
