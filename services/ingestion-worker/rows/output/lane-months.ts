import { randomInt } from 'node:crypto'

const FREE = -1
const FIRST_CAPACITY = 4096

/**
 * Numbers the lane-months of a batch from 0, and counts their prices: a hash table with linear probing, at most half full, of indices into
 * dense typed arrays. There is no object per lane-month. A lane-month takes at most 40 bytes.
 */
export class LaneMonths {
  /** Number of lane-months. */
  size = 0
  #counts = new Uint32Array(FIRST_CAPACITY)
  #keys = new Float64Array(FIRST_CAPACITY)
  #slots = new Int32Array(FIRST_CAPACITY * 2).fill(FREE)
  #shift = 32 - Math.log2(FIRST_CAPACITY * 2)
  readonly #ports: number
  // Random for each table, so that no provider can construct rows that all hash to one slot.
  readonly #a = randomInt(2 ** 31) * 2 + 1
  readonly #b = randomInt(2 ** 31) * 2 + 1
  readonly #c = randomInt(2 ** 31) * 2 + 1

  /** Creates a table for ports 0 to `ports` - 1 and months 0 to `months` - 1. */
  constructor (ports: number, months: number) {
    if (ports * ports * months > Number.MAX_SAFE_INTEGER) throw new Error('Too many lanes and months for exact keys')
    this.#ports = ports
  }

  /** Counts a price and returns the number of its lane-month. */
  count (month: number, orig: number, dest: number): number {
    const key = (month * this.#ports + orig) * this.#ports + dest
    const slot = this.#find(key, this.#hash(month, orig, dest))
    let entry = this.#slots[slot]!
    if (entry === FREE) {
      entry = this.size++
      this.#slots[slot] = entry
      this.#keys[entry] = key
      if (this.size === this.#keys.length) this.#grow()
    }
    this.#counts[entry] = this.#counts[entry]! + 1
    return entry
  }

  /** Returns the numbers of all lane-months, ordered by month, origin and destination. */
  inOrder (): Uint32Array {
    const keys = this.#keys.slice(0, this.size).sort()
    const entries = new Uint32Array(keys.length) // Uint32Array.from would first collect the numbers in an array of many times the size
    for (const [place, key] of keys.entries()) entries[place] = this.#slots[this.#find(key, this.#hashOf(key))]!
    return entries
  }

  /** Returns the number of prices of a lane-month. */
  pricesOf (entry: number): number {
    return this.#counts[entry]!
  }

  monthOf (entry: number): number {
    return Math.floor(this.#keys[entry]! / (this.#ports * this.#ports))
  }

  /** Returns the lane of a lane-month: origin times ports plus destination. */
  laneOf (entry: number): number {
    return this.#keys[entry]! % (this.#ports * this.#ports)
  }

  #hash (month: number, orig: number, dest: number): number {
    const mixed = Math.imul(month, this.#a) + Math.imul(orig, this.#b) + Math.imul(dest, this.#c) | 0
    return Math.imul(mixed ^ mixed >>> 15, 0x9e3779b1) >>> this.#shift
  }

  #hashOf (key: number): number {
    const monthAndOrig = Math.floor(key / this.#ports)
    const month = Math.floor(monthAndOrig / this.#ports)
    return this.#hash(month, monthAndOrig - month * this.#ports, key - monthAndOrig * this.#ports)
  }

  /** Returns the slot of the key, or the free slot for a new key. */
  #find (key: number, slot: number): number {
    const slots = this.#slots
    const keys = this.#keys
    for (;;) {
      const entry = slots[slot]!
      if (entry === FREE || keys[entry] === key) return slot
      slot = slot + 1 & slots.length - 1
    }
  }

  #grow (): void {
    const capacity = this.#keys.length * 2
    this.#counts = larger(this.#counts, new Uint32Array(capacity))
    this.#keys = larger(this.#keys, new Float64Array(capacity))
    this.#slots = new Int32Array(capacity * 2).fill(FREE)
    this.#shift--
    for (let entry = 0; entry < this.size; entry++) {
      const key = this.#keys[entry]!
      this.#slots[this.#find(key, this.#hashOf(key))] = entry
    }
  }
}

function larger<T extends Uint32Array | Float64Array> (from: T, to: T): T {
  to.set(from)
  return to
}
