import t from 'tap'
import { InvalidReference } from '../../../lib/reference/invalid-reference.ts'
import { loadReference } from '../../../lib/reference/load.ts'
import { retireLocations, RetirementRefused } from '../../../lib/reference/retire.ts'
import { database } from '../../harness/database.ts'

const actor = { name: 'me', reason: 'closed' }

t.test('retires ports and regions, all or none, once, with an audit entry', async t => {
  const { migrator: sql } = await database(t)
  await loadReference(sql, 'code,name,parent_slug,aliases\nZZAAA,First,atoll,ZZAAX\nZZBBB,Second,atoll,\n', 'slug,name,parent_slug\nlagoon,Lagoon,\natoll,Atoll,lagoon\n')
  const retired = async () => (await sql`
    select code from ports where retired_at is not null union all select slug from regions where retired_at is not null order by 1`).map(({ code }) => code)
  const version = async () => (await sql`select version from reference_version`)[0]!.version as number
  const refusal = async (codes: string[], action: 'retire' | 'unretire' = 'retire') => await retireLocations(sql, codes, action, actor).then(
    () => 'no port or region was refused', error => error instanceof RetirementRefused ? error.lines : error)

  t.match(await refusal(['ZZAAA', 'NOPORT']), ['NOPORT is neither'])
  t.match(await refusal(['zzaax']), ['zzaax is an alias of ZZAAA'])
  t.match(await refusal(['atoll']), ['the region atoll would be retired, but ZZAAA, ZZBBB in it are still in use'], 'a region with ports in use')
  t.match(await refusal(['ZZAAA', 'ZZBBB', 'lagoon']), ['the region lagoon would be retired, but atoll in it is still in use'], 'a region with a region in use')
  t.same(await retired(), [])

  const before = await version()
  t.strictSame(await retireLocations(sql, ['zzaaa', 'ZZAAA'], 'retire', actor), [{ code: 'ZZAAA', kind: 'port', changed: true }])
  t.equal(await version(), before + 1, 'a rejected content is checked again')
  t.strictSame(await retireLocations(sql, ['ZZAAA'], 'retire', actor), [{ code: 'ZZAAA', kind: 'port', changed: false }])
  t.equal(await version(), before + 1)
  await retireLocations(sql, ['lagoon', 'Atoll', 'ZZBBB'], 'retire', actor)
  t.same(await retired(), ['ZZAAA', 'ZZBBB', 'atoll', 'lagoon'].toSorted())
  t.match(await refusal(['ZZAAA'], 'unretire'), ['the region atoll'], 'a port in a retired region')

  await t.rejects(loadReference(sql, 'code,name,parent_slug\nZZCCC,Third,atoll\n', null), InvalidReference)
  t.match(await loadReference(sql, 'code,name,parent_slug\nZZAAA,First again,atoll\n', null), { ports: { changed: 1 } })
  t.match(await loadReference(sql, 'code,name,parent_slug\nZZCCC,Third,atoll\n', null, { shipped: true }), { ports: { added: 1 } }, 'a release does not wait')
  t.same(await retired(), ['ZZAAA', 'ZZBBB', 'atoll', 'lagoon'].toSorted(), 'a load does not change retired ports and regions')

  t.strictSame(await retireLocations(sql, ['EETLL'], 'retire', actor), [{ code: 'EETLL', kind: 'port', changed: true }], 'a port in use in another retired region does not matter')
  t.match(await refusal(['atoll']), ['the region atoll would be retired, but ZZCCC in it is still in use'])
  await retireLocations(sql, ['EETLL'], 'unretire', actor)

  await retireLocations(sql, ['ZZAAA', 'atoll', 'lagoon'], 'unretire', { name: 'you', reason: 'open' })
  t.same(await retired(), ['ZZBBB'])
  const audit = await sql<Array<{ codes: string[] }>>`select action, codes, actor, reason from reference_actions order by number`
  t.same(audit.map(entry => ({ ...entry, codes: entry.codes.toSorted() })), [
    { action: 'retire', codes: ['ZZAAA'], actor: 'me', reason: 'closed' },
    { action: 'retire', codes: ['ZZBBB', 'atoll', 'lagoon'], actor: 'me', reason: 'closed' },
    { action: 'retire', codes: ['EETLL'], actor: 'me', reason: 'closed' },
    { action: 'unretire', codes: ['EETLL'], actor: 'me', reason: 'closed' },
    { action: 'unretire', codes: ['ZZAAA', 'atoll', 'lagoon'], actor: 'you', reason: 'open' },
  ])
})
