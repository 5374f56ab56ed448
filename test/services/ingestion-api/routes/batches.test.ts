import t from 'tap'
import { ingestionApi, sha256 } from '../../../harness/ingestion-api.ts'

type Row = { id: string, state: string, provider: string, accepted_at: string }

t.test('the list of batches', async t => {
  const api = await ingestionApi(t)
  /** Forty batches of demo, in groups of four that were accepted at the same time; five batches of another provider. */
  const rows: Row[] = Array.from({ length: 45 }, (_, index) => ({
    id: sha256(`batch ${index}`),
    state: index % 3 === 0 ? 'rejected' : 'applied',
    provider: index < 40 ? 'demo' : 'other',
    accepted_at: new Date(Date.UTC(2026, 0, 1, 0, 0, Math.floor(index / 4))).toISOString(),
  }))
  const insert = (row: Row) => api.db.migrator`
    insert into batches ${api.db.migrator({ mode: 'apply', format: 'csv', digest: row.id, bytes: 1, decoded_bytes: 1, ...row })}`
  await Promise.all(rows.map(insert))
  const newestFirst = (wanted: Row[]): string[] => wanted
    .toSorted((a, b) => a.accepted_at < b.accepted_at || (a.accepted_at === b.accepted_at && a.id < b.id) ? 1 : -1).map(({ id }) => id)
  const own = rows.filter(({ provider }) => provider === 'demo')

  async function pages (query: string, between: () => Promise<unknown> = async () => {}): Promise<string[][]> {
    const found: string[][] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const { status, body } = await api.call(`/batches?${query}${cursor ? `&cursor=${cursor}` : ''}`)
      if (status !== 200) throw new Error(JSON.stringify(body))
      found.push(body.batches.map(({ id }: Row) => id))
      cursor = body.next_cursor
      await between()
    }
    return found
  }

  t.test('newest first, only the caller\'s own batches', async t => {
    const { body, headers } = await api.call('/batches')
    t.strictSame(body.batches.map(({ id }: Row) => id), newestFirst(own))
    t.equal(body.next_cursor, null)
    t.equal(headers.get('cache-control'), 'no-store')
    t.strictSame((await api.call('/batches', { as: 'other' })).body.batches.map(({ id }: Row) => id), newestFirst(rows.slice(40)))
  })

  t.test('pages are complete for every page size, also with equal times', async t => {
    for (const limit of [1, 3, 4, 39, 40, 200]) {
      const found = await pages(`limit=${limit}`)
      t.strictSame(found.flat(), newestFirst(own), String(limit))
      t.equal(found.length, Math.ceil(40 / limit), 'no page is empty')
    }
  })

  t.test('by state', async t => {
    t.strictSame((await pages('state=rejected&limit=4')).flat(), newestFirst(own.filter(({ state }) => state === 'rejected')))
    t.strictSame((await pages('state=queued')).flat(), [])
  })

  t.test('pages stay the same while batches arrive and change state', async t => {
    let number = 0
    const found = await pages('limit=7', async () => {
      await insert({ id: sha256(`later ${++number}`), state: 'applied', provider: 'demo', accepted_at: '2026-02-01T00:00:00Z' })
      await api.db.migrator`update batches set state = 'applied' where id = ${rows[number]!.id}`
    })
    t.strictSame(found.flat(), newestFirst(own))
  })

  t.test('every wrong parameter is named', async t => {
    const named = async (query: string): Promise<string[]> => {
      const { status, body } = await api.call(`/batches?${query}`)
      t.match({ status, body }, { status: 400, body: { type: '/problems/invalid-parameters' } }, query)
      return body.errors.map(({ parameter, code }: { parameter: string, code: string }) => `${parameter} ${code}`).toSorted()
    }
    t.strictSame(await named('limit=0&state=done&cursor=x&page=2'), ['cursor malformed', 'limit malformed', 'page unknown', 'state malformed'])
    for (const limit of ['', 'x', '1.5', '201', '-1', '1&limit=2']) t.strictSame(await named(`limit=${limit}`), ['limit malformed'], limit)
    for (const state of ['', 'accepted', 'Applied', 'applied&state=queued']) t.strictSame(await named(`state=${state}`), ['state malformed'], state)
    for (const cursor of ['', '%00', `${rows[0]!.id}0`, `${rows[0]!.id}&cursor=${rows[1]!.id}`]) t.strictSame(await named(`cursor=${cursor}`), ['cursor malformed'], cursor)
    for (const cursor of ['0'.repeat(64), rows[44]!.id]) t.strictSame(await named(`cursor=${cursor}`), ['cursor unknown'], cursor)
  })
})
