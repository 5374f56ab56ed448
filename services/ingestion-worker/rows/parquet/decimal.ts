import type { Cell } from '../table/cell.ts'
import type { Stored } from './encodings/values.ts'
import { corrupt } from './refused.ts'

// Most digits of a decimal of any writer (256 bits).
const MAX_SCALE = 76
const MAX_BYTES = 32
const MAX_SMALL = 2 ** 46

/** Returns the function that makes a cell of a decimal with `scale` digits after the point. A decimal that is no exact cent becomes a fault. */
export function readDecimal (scale: number): (value: Stored) => Cell {
  if (scale < 0 || scale > MAX_SCALE) throw corrupt('a decimal has an absurd scale')
  // One of them is 1.
  const factor = 10n ** BigInt(Math.max(0, 2 - scale))
  const divisor = 10n ** BigInt(Math.max(0, scale - 2))
  const [smallFactor, smallDivisor] = [Number(factor), Number(divisor)]
  const isSmall = scale <= 12 // all arithmetic below 2^53, so that numbers are as exact as bigints, and faster
  return value => {
    const unscaled = typeof value === 'object' ? fromBytes(value) : value
    if (isSmall && unscaled <= MAX_SMALL && unscaled >= -MAX_SMALL) {
      const small = Number(unscaled)
      return small % smallDivisor === 0 ? { cents: small * smallFactor / smallDivisor } : { fault: 'price_decimals', text: decimalText(BigInt(small), scale) }
    }
    const exact = BigInt(unscaled) * factor
    if (exact % divisor !== 0n) return { fault: 'price_decimals', text: decimalText(BigInt(unscaled), scale) }
    const cents = Number(exact / divisor)
    return Number.isSafeInteger(cents) ? { cents } : decimalText(BigInt(unscaled), scale)
  }
}

/** Reads an integer in two's complement, the highest byte first. */
function fromBytes (bytes: Uint8Array): number | bigint {
  if (bytes.length > MAX_BYTES) throw corrupt('a decimal has too many digits')
  const sign = (bytes[0] ?? 0) & 128 ? 255 : 0
  let at = 0
  while (at < bytes.length && bytes[at] === sign) at++
  if (bytes.length - at <= 5) {
    let value = sign === 0 ? 0 : -1
    for (; at < bytes.length; at++) value = value * 256 + bytes[at]!
    return value
  }
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
}

function decimalText (unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : ''
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
