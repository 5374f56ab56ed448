import { randomInt } from 'node:crypto'

const FREE = -1
const FIRST_CAPACITY = 4096
// Sums are doubles, exact below 2^53. A sum above 2^52 is moved to a bigint and starts again at 0. For example after 10,000 prices of ten billion.
const MAX_SUM = 2 ** 52

/**
 * Counts and sums for each lane and day: a hash table with linear probing, at most half full, of indices into dense typed arrays. There is
 * no object per entry. An entry takes at most 28 bytes: a million entries take 28 MB.
 */
export class LaneDays {
  /** Number of entries in the dense arrays. */
  size = 0
  #counts = new Uint32Array(FIRST_CAPACITY)
  #sums = new Float64Array(FIRST_CAPACITY)
  #keys = new Float64Array(FIRST_CAPACITY)
  #slots = new Int32Array(FIRST_CAPACITY * 2).fill(FREE)
  #shift = 32 - Math.log2(FIRST_CAPACITY * 2)
  readonly #large = new Map<number, bigint>()
  readonly #ports: number
  readonly #days: number
  // Random for each table, so that no provider can construct rows that all hash to one slot.
  readonly #a = randomInt(2 ** 31) * 2 + 1
  readonly #b = randomInt(2 ** 31) * 2 + 1
  readonly #c = randomInt(2 ** 31) * 2 + 1

  /** Creates a table for ports 0 to `ports` - 1 and days 0 to `days` - 1. */
  constructor (ports: number, days: number) {
    if (ports * ports * days > Number.MAX_SAFE_INTEGER) throw new Error('Too many lanes and days for exact keys')
    this.#ports = ports
    this.#days = days
  }

  add (orig: number, dest: number, day: number, cents: number): void {
    const key = (orig * this.#ports + dest) * this.#days + day
    const slot = this.#find(key, this.#hash(orig, dest, day))
    let entry = this.#slots[slot]!
    if (entry === FREE) {
      entry = this.size++
      this.#slots[slot] = entry
      this.#keys[entry] = key
      if (this.size === this.#keys.length) this.#grow()
    }
    this.#counts[entry] = this.#counts[entry]! + 1
    const sum = this.#sums[entry]! + cents
    this.#sums[entry] = sum
    if (sum > MAX_SUM) this.#spill(entry)
  }

  /** Returns the keys of all entries in ascending order: by origin, destination, day. */
  sortedKeys (): Float64Array {
    return this.#keys.slice(0, this.size).sort()
  }

  /** Returns the lane of a key: origin times ports plus destination. */
  laneOf (key: number): number {
    return Math.floor(key / this.#days) // % would be slow for doubles
  }

  /** Returns the key of day 0 of a lane. */
  firstKey (lane: number): number {
    return lane * this.#days
  }

  /** Returns the entry of an existing key. */
  entryOf (key: number): number {
    return this.#slots[this.#find(key, this.#hashOf(key))]!
  }

  count (entry: number): number {
    return this.#counts[entry]!
  }

  /** Returns the exact sum of an entry in cents; a bigint if the sum is too large for a number. */
  sum (entry: number): number | bigint {
    const sum = this.#sums[entry]!
    const large = this.#large.size > 0 ? this.#large.get(entry) : undefined
    return large === undefined ? sum : large + BigInt(sum)
  }

  #hash (orig: number, dest: number, day: number): number {
    const mixed = Math.imul(orig, this.#a) + Math.imul(dest, this.#b) + Math.imul(day, this.#c) | 0
    return Math.imul(mixed ^ mixed >>> 15, 0x9e3779b1) >>> this.#shift
  }

  #hashOf (key: number): number {
    const lane = this.laneOf(key)
    const orig = Math.floor(lane / this.#ports)
    return this.#hash(orig, lane - orig * this.#ports, key - lane * this.#days)
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
    this.#sums = larger(this.#sums, new Float64Array(capacity))
    this.#keys = larger(this.#keys, new Float64Array(capacity))
    this.#slots = new Int32Array(capacity * 2).fill(FREE)
    this.#shift--
    for (let entry = 0; entry < this.size; entry++) {
      const key = this.#keys[entry]!
      this.#slots[this.#find(key, this.#hashOf(key))] = entry
    }
  }

  #spill (entry: number): void {
    this.#large.set(entry, (this.#large.get(entry) ?? 0n) + BigInt(this.#sums[entry]!))
    this.#sums[entry] = 0
  }
}

function larger<T extends Uint32Array | Float64Array> (from: T, to: T): T {
  to.set(from)
  return to
}
