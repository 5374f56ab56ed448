import { pino } from 'pino'
import t from 'tap'
import { openMetrics } from '../../../lib/metrics/metrics.ts'
import { buildServer } from '../../../lib/http/server.ts'
import { openLog, streamOf, type Log, type LogStream } from '../../../lib/process/log.ts'
import { rawRequest } from '../../harness/raw-http.ts'

const logs: Record<string, (stream: LogStream) => Log | Promise<Log>> = {
  'the log of a process': stream => openLog('a "name"', 'debug', stream),
  'another pino log': stream => pino({ level: 'debug', base: { name: 'a "name"' }, timestamp: pino.stdTimeFunctions.isoTime }, stream),
}

for (const [what, open] of Object.entries(logs)) {
  t.test(`${what}: a request is one line of JSON, whatever its address contains`, async t => {
    const lines: Array<Record<string, unknown>> = []
    const log = await open({ write: (text: string) => { for (const line of text.trimEnd().split('\n')) lines.push(JSON.parse(line)) } })
    t.equal(streamOf(log) !== undefined, what === 'the log of a process', 'only that log has the fast path')
    const app = buildServer({ log, metrics: openMetrics('rates-api') })
    app.get('/things/:id', async () => 'a thing')
    app.get('/live', async () => 'alive')
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    t.teardown(() => app.close())
    lines.length = 0
    const addresses = ['/things/1', '/things/1?a="b"', '/things/1?\\n\\"', `/things/1?${'x'.repeat(600)}`, `/things/1?${'"'.repeat(600)}`, '/nothing']
    const request = rawRequest(t, url)
    const responses = []
    for (const address of [...addresses, '/live']) {
      await request.send(Buffer.from(`GET ${address} HTTP/1.1\r\nhost: test\r\ntraceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-01\r\n\r\n`, 'latin1'))
      responses.push(await request.nextResponse())
    }
    t.same(responses.map(({ status }) => status), [...addresses.map(address => address === '/nothing' ? 404 : 200), 200])
    t.same(lines.map(line => line.url), [...addresses.map(address => address.slice(0, 500)), '/live'])
    for (const line of lines) {
      t.match(line, {
        level: line.url === '/live' ? 20 : 30, time: /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/, name: 'a "name"', requestId: /^[0-9a-f]{16}$/, traceId: 'a'.repeat(32), method: 'GET',
        route: line.url === '/live' ? '/live' : line.url === '/nothing' ? null : '/things/:id', status: line.url === '/nothing' ? 404 : 200, ms: Number, msg: 'request',
      })
    }
    t.equal(new Set(lines.map(({ requestId }) => requestId)).size, lines.length)
  })
}
