import { createHash } from 'node:crypto'
import t from 'tap'
import { gzipSync } from 'node:zlib'
import { header, mebibyte } from '../../harness/ingestion-api.ts'
import { ingestionProcesses } from '../../harness/ingestion-process.ts'
import { peakMemory } from '../../harness/process.ts'
import { chunk, head, rawRequest } from '../../harness/raw-http.ts'

const content = `${header}CNGGZ,EETLL,2021-01-05,1\n`
const block = Buffer.alloc(mebibyte, 'x')
/** Memory that a process may take above its memory at rest, in MiB, whatever is sent to it. */
const allowance = 64

/** The flags of the deployment. */
const flags = { NODE_OPTIONS: '--max-semi-space-size=2 --max-old-space-size=256' }

t.test('memory stays flat', { skip: peakMemory(process.pid) === null && 'this system does not report the memory of a process' }, async t => {
  const system = await ingestionProcesses(t)

  async function start (limits: Record<string, number>) {
    const api = await system.start({ ...flags, ...Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, String(value)])) })
    t.match(await api.submit(content), { status: 202 })
    const atRest = peakMemory(api.pid)!
    return { ...api, atRest, growth: () => Math.round(peakMemory(api.pid)! - atRest) }
  }

  t.test('a body of 200 MiB', async t => {
    const api = await start({ BATCH_MAX_BYTES: 200 * mebibyte })
    const hash = createHash('sha256')
    let left = 200
    const body = new ReadableStream({
      pull (controller) {
        if (left-- === 0) return controller.close()
        hash.update(block)
        controller.enqueue(block)
      },
    })
    const response = await api.submit(body)
    t.match(response, { status: 202, body: { bytes: 200 * mebibyte, digest: hash.digest('hex') } })
    t.ok(api.growth() < allowance, `${Math.round(api.atRest)} MiB at rest, ${api.growth()} more`)
  })

  t.test('refused bodies', async t => {
    const api = await start({ BATCH_MAX_BYTES: 32 * mebibyte, BATCH_MAX_DECODED_BYTES: 64 * mebibyte })
    const bomb = gzipSync(Buffer.alloc(256 * mebibyte), { level: 6 })
    t.ok(bomb.length < mebibyte)
    t.match(await api.submit(bomb, { headers: { 'content-encoding': 'gzip' } }), { status: 413, body: { type: '/problems/content-too-large' } })
    t.ok(api.growth() < allowance, `a quarter of a megabyte that decompresses to 256: ${api.growth()} MiB more`)
    t.match(await api.submit(content), { status: 202 })

    const request = rawRequest(t, api.url)
    await request.send(head({ 'transfer-encoding': 'chunked' }))
    const sending = request.flood(chunk(block))
    t.match(await request.nextResponse(), { status: 413, body: { type: '/problems/content-too-large' } })
    await sending
    // Three seconds of gigabytes that are discarded at once. The garbage collector may lag behind, but not more than this.
    t.ok(api.growth() < 3 * allowance, `an endless body: ${api.growth()} MiB more`)
    t.match(await api.submit(content), { status: 202 })
  })
})
