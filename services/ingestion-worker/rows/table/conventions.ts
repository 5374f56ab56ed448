import type { DayOrder } from './day-text.ts'
import type { DecimalSign } from './price-text.ts'

/** What a profile declares. A declared convention needs no proof. */
export type Declared = { decimalSign?: DecimalSign | undefined, dayOrder?: DayOrder | undefined }

/** A value that can only be read in one way, and its row. */
type Proof = { row: number, text: string }
export type Contradiction = { code: 'contradicting_days' | 'contradicting_prices', detail: string }

/**
 * The decimal sign and the order of day and month of a file. The first value that can be read in one way only proves them. A later value that
 * proves the other is a contradiction: the writer of the file did not use one convention, or some of its values are wrong.
 */
export class Conventions {
  decimalSign: DecimalSign | null
  dayOrder: DayOrder | null
  #signProof: Proof | null = null
  #orderProof: Proof | null = null

  constructor ({ decimalSign, dayOrder }: Declared = {}) {
    this.decimalSign = decimalSign ?? null
    this.dayOrder = dayOrder ?? null
  }

  /** Notes that a price has this decimal sign. Returns the contradiction if an earlier price has the other one. */
  proveSign (sign: DecimalSign, row: number, text: string): Contradiction | null {
    if (this.decimalSign === null) {
      this.decimalSign = sign
      this.#signProof = { row, text }
    }
    return this.decimalSign === sign ? null : contradiction('contradicting_prices', this.#signProof, { row, text })
  }

  /** Notes that a day has this order. Returns the contradiction if an earlier day has the other one. */
  proveOrder (order: DayOrder, row: number, text: string): Contradiction | null {
    if (this.dayOrder === null) {
      this.dayOrder = order
      this.#orderProof = { row, text }
    }
    return this.dayOrder === order ? null : contradiction('contradicting_days', this.#orderProof, { row, text })
  }
}

function contradiction (code: Contradiction['code'], first: Proof | null, second: Proof): Contradiction {
  const earlier = first ? `${quoted(first.text)} in row ${first.row}` : 'what the profile declares'
  return { code, detail: `${quoted(second.text)} in row ${second.row} and ${earlier}` }
}

const quoted = (text: string): string => `"${text.slice(0, 60)}"`
