import { portCodePattern } from '../../../../lib/reference/port-code.ts'

/** {@link Ports.find} returns this for bytes that do not have the form of a port code. */
export const MALFORMED_PORT = -1
/** {@link Ports.find} returns this for a code that is neither a port's own nor an alias. */
export const UNKNOWN_PORT = -2
/** {@link Ports.find} returns this for a code or an alias of a port that is retired. */
export const RETIRED_PORT = -3

// Six bits per character: A to Z are 0 to 25, 0 to 9 are 26 to 35. Lower case equals upper case.
const NO_CHARACTER = 255
const characters = new Uint8Array(256).fill(NO_CHARACTER)
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'].entries()) {
  characters[character.charCodeAt(0)] = value
  characters[character.toLowerCase().charCodeAt(0)] = value
}

/**
 * Known ports, with lookup by the bytes of a code without a string. A code is a number of thirty bits in a hash table with linear
 * probing, at most half full.
 */
export class Ports {
  /** Own codes of the ports in the given order. The index of a port is its index here. */
  readonly codes: readonly string[]
  readonly #keys: Int32Array
  readonly #indices: Int32Array
  readonly #shift: number

  /**
   * @param aliases other codes, each with the port's own code
   * @param retired own codes of ports that take no new prices
   *
   * Throws if a code or alias does not have the form of `ports.code` in the database or is repeated, or if an alias has no port.
   */
  constructor (codes: readonly string[], aliases: ReadonlyMap<string, string> = new Map(), retired: ReadonlySet<string> = new Set()) {
    this.codes = [...codes]
    const bits = Math.max(4, Math.ceil(Math.log2((codes.length + aliases.size) * 2 + 1)))
    this.#shift = 32 - bits
    this.#keys = new Int32Array(2 ** bits).fill(-1)
    this.#indices = new Int32Array(2 ** bits)
    const indices = new Map(codes.map((code, index) => [code, retired.has(code) ? RETIRED_PORT : index]))
    for (const code of codes) this.#add(code, indices.get(code)!)
    for (const [code, port] of aliases) {
      const index = indices.get(port)
      if (index === undefined) throw new Error(`Alias ${code} refers to ${port}, which is not a port`)
      this.#add(code, index)
    }
  }

  /** Returns the index of the port whose own code or alias is `bytes[start, end)`, in upper or lower case, or a negative fault. */
  find (bytes: Uint8Array, start: number, end: number): number {
    if (end - start !== 5) return MALFORMED_PORT
    const key = keyOf(bytes, start)
    if (key < 0) return MALFORMED_PORT
    const entry = this.#entry(key)
    return this.#keys[entry] === key ? this.#indices[entry]! : UNKNOWN_PORT
  }

  #add (code: string, index: number): void {
    const bytes = new TextEncoder().encode(code)
    if (!portCodePattern.test(code)) throw new Error(`Not a port code: ${JSON.stringify(code)}`)
    if (this.find(bytes, 0, bytes.length) !== UNKNOWN_PORT) throw new Error(`Port ${code} is listed twice`)
    const key = keyOf(bytes, 0)
    const entry = this.#entry(key)
    this.#keys[entry] = key
    this.#indices[entry] = index
  }

  /** Returns the entry of the key, or the free entry for a new key. */
  #entry (key: number): number {
    const keys = this.#keys
    let entry = Math.imul(key, 0x9e3779b1) >>> this.#shift // 2^32 divided by the golden ratio spreads adjacent keys
    while (keys[entry] !== key && keys[entry] !== -1) entry = (entry + 1) & (keys.length - 1)
    return entry
  }
}

function keyOf (bytes: Uint8Array, start: number): number {
  const a = characters[bytes[start]!]!
  const b = characters[bytes[start + 1]!]!
  const c = characters[bytes[start + 2]!]!
  const d = characters[bytes[start + 3]!]!
  const e = characters[bytes[start + 4]!]!
  if (a > 25 || b > 25 || (c | d | e) > 63) return -1 // the country has letters only
  return a << 24 | b << 18 | c << 12 | d << 6 | e
}
