import type { Sql } from 'postgres'
import type { Actor } from '../batch/actor.ts'
import { transaction } from '../postgres/transaction.ts'

export type RetireAction = 'retire' | 'unretire'

/** A port or a region, and whether the action changed it. */
export type Retirement = { code: string, kind: 'port' | 'region', changed: boolean }

/** Thrown if nothing was changed; `lines` has one reason for each code. */
export class RetirementRefused extends Error {
  readonly lines: readonly string[]
  constructor (lines: string[]) {
    super(lines.join('\n'))
    this.lines = lines
  }
}

/**
 * Retires ports and regions, or reverses that: all of them or none. A retired port accepts no new prices; its old prices stay. A
 * region can be retired if nothing in it is in use. `codes` are port codes and region slugs, in any case.
 *
 * Throws RetirementRefused for a code that is unknown or an alias, and if a retired region would contain a port or region in use.
 */
export async function retireLocations (sql: Sql, codes: string[], action: RetireAction, actor: Actor): Promise<Retirement[]> {
  return await transaction(sql, async tx => {
    await tx`lock table regions, ports, port_aliases in share row exclusive mode`
    const locations = await findLocations(tx, codes)
    const retiredAt = action === 'retire' ? tx`clock_timestamp()` : tx`null`
    const isToChange = action === 'retire' ? tx`retired_at is null` : tx`retired_at is not null`
    const changed = new Set<string>()
    for (const [table, column] of [['ports', 'code'], ['regions', 'slug']] as const) {
      const rows = await tx<Array<{ code: string }>>`
        update ${tx(table)} set retired_at = ${retiredAt}
        where ${tx(column)} = any (${locations.map(({ code }) => code)}::text[]) and ${isToChange}
        returning ${tx(column)} as code`
      for (const { code } of rows) changed.add(code)
    }
    await checkRegions(tx, locations.map(({ code }) => code), action)
    if (changed.size > 0) {
      await tx`
        insert into reference_actions (action, codes, actor, caller, task, reason, acted_at)
        values (${action}, ${[...changed]}, ${actor.name}, ${actor.caller ?? null}, ${actor.task ?? null}, ${actor.reason}, clock_timestamp())`
      // The worker checks rejected content again if it is sent again after this (docs/decisions/0028).
      await tx`update reference_version set version = version + 1`
    }
    return locations.map(location => ({ ...location, changed: changed.has(location.code) }))
  })
}

async function findLocations (tx: Sql, codes: string[]): Promise<Array<Omit<Retirement, 'changed'>>> {
  const found = await tx<Array<{ given: string, port: string | null, alias_of: string | null, region: string | null }>>`
    select given,
      (select code from ports where code = upper(given)) as port,
      (select port_code from port_aliases where code = upper(given)) as alias_of,
      (select slug from regions where slug = lower(given)) as region
    from unnest(${codes}::text[]) with ordinality as list (given, place) order by place`
  const refused = found.flatMap(({ given, port, alias_of: aliasOf, region }) => {
    if (aliasOf !== null) return [`${given} is an alias of ${aliasOf}: name ${aliasOf}, or load the port without the alias`]
    return port === null && region === null ? [`${given} is neither a port nor a region`] : []
  })
  if (refused.length > 0) throw new RetirementRefused(refused)
  const locations = found.map(({ port, region }) => port !== null ? { code: port, kind: 'port' as const } : { code: region!, kind: 'region' as const })
  return [...new Map(locations.map(location => [location.code, location])).values()]
}

/**
 * Throws if a retired region would contain a port or region in use. Only regions that the action concerns are checked: the files of
 * a release may have put a port into a retired region. An alias does not count as a port, although `ports` may have a row for it.
 */
async function checkRegions (tx: Sql, codes: string[], action: RetireAction): Promise<void> {
  const wrong = await tx<Array<{ region: string, used: string[], count: number }>>`
    select region.slug as region, (array_agg(part.code order by part.code))[:5] as used, count(*)::int as count
    from regions as region
    join (
      select code, parent_slug from ports where retired_at is null and not exists (select from port_aliases as alias where alias.code = ports.code)
      union all
      select slug, parent_slug from regions where retired_at is null
    ) as part on part.parent_slug = region.slug
    where region.retired_at is not null and ${action === 'retire' ? tx`region.slug` : tx`part.code`} = any (${codes}::text[])
    group by region.slug order by region.slug`
  if (wrong.length > 0) {
    throw new RetirementRefused(wrong.map(({ region, used, count }) =>
      `the region ${region} would be retired, but ${used.join(', ')}${count > used.length ? ` and ${count - used.length} more` : ''} in it ${count === 1 ? 'is' : 'are'} still in use`))
  }
}
