import type { Sql } from 'postgres'
import { emptySums } from '../../lib/ledger/row.ts'
import { dailyRates } from '../../services/rates-api/rates/daily-rates.ts'
import { monthsOf } from '../../services/rates-api/rates/days.ts'
import { utc, type Commit } from './commit-batch.ts'
import type { Price } from './prices.ts'

/** A query of `GET /rates` without `as_of`. */
export type Answer = { status: number, body?: string }
export type Query = { date_from: string, date_to: string, orig_code: string, dest_code: string }

type Tree = { at: string, regions: Map<string, string | null>, ports: Map<string, string>, aliases: Map<string, string> }
type Batch = { number: number, prices: Price[], appliedAt: string, withdrawnAt: string | null }

/**
 * Records what the commits of a test have done, and computes from the records alone what `GET /rates` must answer for a moment. Times are texts in
 * UTC with microseconds, which compare as the times do.
 */
export async function openKnownHistory (sql: Sql) {
  const [since] = await sql<[{ at: string }]>`select ${utc(sql, sql`as_of_since`)} as at from ledger_position`
  const batches: Batch[] = []
  const trees: Tree[] = [{ ...await readTree(sql), at: since.at }]
  const times = [since.at]

  return {
    /** The time of each commit, in order. The first one is the earliest moment that can be told. */
    times,
    counting: () => batches.filter(({ withdrawnAt }) => withdrawnAt === null),
    add ({ number, at }: Commit, prices: Price[], takenBack: readonly number[] = []): void {
      times.push(at)
      if (prices.length > 0) batches.push({ number, prices, appliedAt: at, withdrawnAt: null })
      for (const batch of batches) if (takenBack.includes(batch.number)) batch.withdrawnAt = at
    },
    /** Records the present reference data as that of the last commit. */
    async addTree (): Promise<void> {
      const [change] = await sql<[{ at: string }]>`select ${utc(sql, sql`changed_at`)} as at from reference_changes order by version desc limit 1`
      times.push(change.at)
      trees.push({ ...await readTree(sql), at: change.at })
    },
    /** Returns the status of the response, and the body if it has rates. */
    answer (query: Query, asOf: string): Answer {
      const tree = trees.findLast(({ at }) => at <= asOf)!
      const [origs, dests] = [codesOf(tree, query.orig_code), codesOf(tree, query.dest_code)]
      if (!origs || !dests) return { status: 404 }
      if (origs.own !== undefined && origs.own === dests.own) return { status: 400 } // the same port
      const counted = batches.filter(({ appliedAt, withdrawnAt }) => appliedAt <= asOf && (withdrawnAt === null || withdrawnAt > asOf))
      const prices = counted.flatMap(batch => batch.prices).filter(({ orig, dest }) => origs.codes.has(orig) && dests.codes.has(dest))
      const months = monthsOf(query.date_from, query.date_to).map(({ month }) => ({ month, ...sumsOf(prices, month) }))
      return { status: 200, body: JSON.stringify({ rates: dailyRates(query, months) }) }
    },
  }
}

function sumsOf (prices: readonly Price[], month: string) {
  const sums = emptySums()
  for (const { day, cents } of prices.filter(({ day }) => day.startsWith(month.slice(0, 7)))) {
    sums.counts[Number(day.slice(8)) - 1]!++
    sums.cents[Number(day.slice(8)) - 1]! += cents
  }
  return sums
}

/** Returns the own code of a port, and every code that prices of a port, or of the ports in a region, may have; null if the tree has neither. */
function codesOf ({ regions, ports, aliases }: Tree, code: string): { own: string | undefined, codes: Set<string> } | null {
  const own = aliases.get(code) ?? (ports.has(code) ? code : undefined)
  if (own === undefined && !regions.has(code)) return null
  const isIn = (region: string | null | undefined): boolean => region === code || (typeof region === 'string' && isIn(regions.get(region)))
  const isInside = ([port, region]: [string, string]): boolean => !aliases.has(port) && isIn(region)
  const inside = own === undefined ? [...ports].filter(isInside).map(([port]) => port) : [own]
  return { own, codes: new Set([...inside, ...[...aliases].filter(([, port]) => inside.includes(port)).map(([alias]) => alias)]) }
}

async function readTree (sql: Sql): Promise<Omit<Tree, 'at'>> {
  const mapOf = async <T extends string | null>(rows: ReturnType<Sql>): Promise<Map<string, T>> =>
    new Map((await sql<Array<{ code: string, of: T }>>`select code, "of" from (${rows}) as row (code, "of")`).map(({ code, of }) => [code, of]))
  return {
    regions: await mapOf<string | null>(sql`select slug, parent_slug from regions`),
    ports: await mapOf<string>(sql`select code, parent_slug from ports`),
    aliases: await mapOf<string>(sql`select code, port_code from port_aliases`),
  }
}
