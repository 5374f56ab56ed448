import t from 'tap'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { database } from '../../harness/database.ts'
import { waitFor } from '../../harness/wait.ts'
import { commits } from '../../harness/call-labels.ts'
import { tcpProxy } from '../../harness/tcp-proxy.ts'

for (const way of ['cut', 'end'] as const) {
  t.test(`connections are lost (${way}) under continuous queries: each query gets its own result, or fails`, async t => {
    const url = new URL((await database(t)).url('migrator'))
    const proxy = await tcpProxy(Number(url.port), commits)
    url.port = String(proxy.port)
    const sql = openDatabase({ url: url.href, process: 'test', poolSize: 3 })
    let [succeeded, failed, sent] = [0, 0, 0]
    const wrong: unknown[] = []
    const over = new AbortController()

    /** Sends queries as a caller that continues at once after a failure. */
    async function queryRepeatedly (): Promise<void> {
      while (!over.signal.aborted) {
        const mine = ++sent
        const rows = await sql`select ${mine}::int as mine`.catch(() => null)
        if (!rows) failed++
        else if (rows[0]?.mine === mine) succeeded++
        else wrong.push([mine, rows[0]])
      }
    }
    const clients = Promise.all(Array.from({ length: 8 }, queryRepeatedly))
    for (let cut = 0; cut < 40; cut++) {
      const before = succeeded
      await waitFor(() => succeeded > before + cut)
      proxy[way]()
    }
    const before = succeeded
    await waitFor(() => succeeded > before + 500) // shifted results would stay shifted
    over.abort()
    await clients
    t.same(wrong, [])
    t.ok(succeeded > 0 && failed > 0, `${succeeded} succeeded, ${failed} failed`)
    await sql.end({ timeout: 1 })
    proxy.close()
  })
}
