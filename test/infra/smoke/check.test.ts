import { strFromU8, unzipSync } from 'fflate'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { contentTag } from '../../../infra/components/compute/content-tag.ts'
import { zipSmokeCheck } from '../../../infra/components/compute/smoke-code.ts'
import { runChecks, type Check } from '../../../infra/smoke/check.ts'
import { freePort } from '../../harness/free-port.ts'

const checks: Check[] = [{ path: '/ready', status: 200 }, { method: 'POST', path: '/batches', status: 401 }]
const soon = { limitMs: 200, pauseMs: 5 }

async function serve (t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise(resolve => { server.close(resolve).closeAllConnections() }))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('a version gets the traffic once its responses are right', async t => {
  let requests = 0
  const target = await serve(t, (request, response) => {
    response.statusCode = ++requests <= 2 ? 503 : request.url === '/ready' ? 200 : request.method === 'POST' ? 401 : 404
    response.end()
  })
  t.same(await runChecks(target, checks, { ...soon, limitMs: 10_000 }), { hookStatus: 'SUCCEEDED' })
  t.ok(requests >= 4)
})

t.test('a version with other responses does not', async t => {
  const open = await serve(t, (_request, response) => response.end())
  t.same(await runChecks(open, checks, soon), { hookStatus: 'FAILED' }, 'batches without a key')
  const redirecting = await serve(t, (_request, response) => response.writeHead(301, { location: '/ready' }).end())
  t.same(await runChecks(redirecting, [checks[0]!], soon), { hookStatus: 'FAILED' }, 'a redirect is not a good response')
  t.same(await runChecks(`http://127.0.0.1:${await freePort()}`, checks, soon), { hookStatus: 'FAILED' }, 'connection refused')
})

t.test('Lambda runs what the program sends', async t => {
  const target = await serve(t, (_request, response) => response.end())
  const source = strFromU8(unzipSync(zipSmokeCheck())['check.mjs']!)
  const { handler } = await import(`data:text/javascript,${encodeURIComponent(source)}`) as { handler: () => Promise<unknown> }
  Object.assign(process.env, { TARGET: target, CHECKS: JSON.stringify([checks[0]]) })
  t.same(await handler(), { hookStatus: 'SUCCEEDED' })
  t.same(zipSmokeCheck(), zipSmokeCheck(), 'and gets new code only when the code changes')
})

t.test('an image\'s tag follows the contents of the image', async t => {
  const root = mkdtempSync(join(tmpdir(), 'content-tag-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  writeFileSync(join(root, 'package.json'), '{}')
  const first = contentTag(root, 'arm64')
  t.match(first, /^[0-9a-f]{20}$/)
  writeFileSync(join(root, 'notes.md'), 'not in the image')
  t.equal(contentTag(root, 'arm64'), first)
  t.not(contentTag(root, 'x86_64'), first)
  writeFileSync(join(root, 'package.json'), '{ }')
  t.not(contentTag(root, 'arm64'), first)
})

t.test('an image\'s tag depends on everything that the Dockerfile copies', async t => {
  const root = mkdtempSync(join(tmpdir(), 'content-tag-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  const lines = readFileSync('Dockerfile', 'utf8').split('\n').filter(line => /^COPY (?!--from)/.test(line))
  const copied = new Set(lines.flatMap(line => line.split(' ').slice(1, -1)))
  t.ok(copied.size > 5)
  for (const source of copied) {
    const before = contentTag(root, 'arm64')
    const isFile = source.includes('.')
    if (!isFile) mkdirSync(join(root, source))
    writeFileSync(isFile ? join(root, source) : join(root, source, 'file'), '')
    t.not(contentTag(root, 'arm64'), before, source)
  }
})
