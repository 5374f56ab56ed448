import t from 'tap'
import { openDatabase } from '../../../lib/postgres/database.ts'
import { database } from '../../harness/database.ts'
import { waitFor } from '../../harness/wait.ts'
import { commits } from '../../harness/call-labels.ts'
import { tcpProxy } from '../../harness/tcp-proxy.ts'

for (const way of ['cut', 'end'] as const) {
  t.test(`links are lost (${way}) while queries come all the time: each is answered with its own result, or fails`, async t => {
    const url = new URL((await database(t)).url('migrator'))
    const proxy = await tcpProxy(Number(url.port), commits)
    url.port = String(proxy.port)
    const sql = openDatabase({ url: url.href, process: 'test', poolSize: 3 })
    let [answered, failed, asked] = [0, 0, 0]
    const wrong: unknown[] = []
    const over = new AbortController()

    /** As a caller that goes on at once after a failure. */
    async function ask (): Promise<void> {
      while (!over.signal.aborted) {
        const mine = ++asked
        const rows = await sql`select ${mine}::int as mine`.catch(() => null)
        if (!rows) failed++
        else if (rows[0]?.mine === mine) answered++
        else wrong.push([mine, rows[0]])
      }
    }
    const askers = Promise.all(Array.from({ length: 8 }, ask))
    for (let cut = 0; cut < 40; cut++) {
      const before = answered
      await waitFor(() => answered > before + cut)
      proxy[way]()
    }
    const before = answered
    await waitFor(() => answered > before + 500) // results in a wrong order would stay in that order
    over.abort()
    await askers
    t.same(wrong, [])
    t.ok(answered > 0 && failed > 0, `${answered} answered, ${failed} failed`)
    await sql.end({ timeout: 1 })
    proxy.close()
  })
}
