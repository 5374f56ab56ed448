import { parseDay } from './days.ts'
import { Ports } from './ports.ts'

/** Rules of a valid row. {@link rowRules} creates them for each attempt from the current reference data. */
export type RowRules = {
  ports: Ports
  /** First day accepted, in days since 1970-01-01. */
  firstDay: number
  /** Last day accepted, in days since 1970-01-01. */
  lastDay: number
  /** Largest number of rows of a file, without the header and blank lines. */
  maxRows: number
  /** Longest row as sent, in bytes, without its line feed. */
  maxRowBytes: number
  /** Highest price, in cents. */
  maxCents: number
  /** Most bytes of white space and blank lines between two rows, before the first and after the last. */
  maxGapBytes: number
}

export type RowRulesInput = {
  /** Codes of the known ports, each once. The port indices of a price refer to this list. */
  ports: readonly string[]
  /** Aliases of these ports, each with the port's own code. */
  aliases?: ReadonlyMap<string, string>
  /** Codes of the ports that accept no new prices. */
  retired?: ReadonlySet<string>
  /** YYYY-MM-DD */
  firstDay: string
  /** YYYY-MM-DD */
  lastDay: string
  maxRows: number
  /** @default 65536 */
  maxRowBytes?: number
  /** Highest price, in whole USD; at most 20,000,000, so that cents fit 32 bits. @default 1000000 */
  maxPriceUsd?: number
  /** @default 1048576 */
  maxGapBytes?: number
}

/** Upper bound of the price limit, in USD. Its cents fit 32 bits (docs/decisions/0020-a-lane-day-has-no-limit.md). */
export const MAX_PRICE_USD = 20_000_000

/** Creates row rules. Throws if a port code, an alias, a day or a limit is invalid, or if the span of days is empty. */
export function rowRules (input: RowRulesInput): RowRules {
  const { ports, aliases, retired, firstDay, lastDay, maxRows, maxRowBytes = 65_536, maxGapBytes = 1_048_576, maxPriceUsd = 1_000_000 } = input
  const rules = {
    ports: new Ports(ports, aliases, retired),
    firstDay: parseDay(firstDay),
    lastDay: parseDay(lastDay),
    maxRows,
    maxRowBytes,
    maxGapBytes,
    maxCents: maxPriceUsd * 100,
  }
  if (rules.firstDay > rules.lastDay) throw new Error(`firstDay ${firstDay} is after lastDay ${lastDay}`)
  if (maxRows < 1 || maxRowBytes < 1 || maxGapBytes < 1) throw new Error('maxRows, maxRowBytes and maxGapBytes must be above 0')
  if (maxPriceUsd < 1 || maxPriceUsd > MAX_PRICE_USD) throw new Error(`maxPriceUsd must be 1 to ${MAX_PRICE_USD}`)
  return rules
}
