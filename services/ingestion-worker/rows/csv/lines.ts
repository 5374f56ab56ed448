import type { Source } from '../values/row-checker.ts'
import { separators } from './csv-header.ts'

export const LF = 0x0a
export const CR = 0x0d
const SPACE = 0x20

const separatorBytes = separators.map(separator => separator.charCodeAt(0))

/** Returns a row without its line end. */
export function line (bytes: Uint8Array, start: number, end: number): Source {
  return { bytes, start, end: bytes[end - 1] === CR ? end - 1 : end }
}

/** Returns the length of a blank line with its line end; 0 for any other line. */
export function blankLine (bytes: Uint8Array, start: number): number {
  if (bytes[start] === LF) return 1
  return bytes[start] === CR && start + 1 < bytes.length && bytes[start + 1] === LF ? 2 : 0
}

/**
 * Returns the length of a line of separators and spaces only, with its line end: spreadsheets write one for an empty row. Returns 0 for any other
 * line, and for one that does not end before `limit`. Before the header, `separator` is null, and each of the separators may stand in the line.
 */
export function separatorsLine (bytes: Uint8Array, start: number, limit: number, separator: number | null): number {
  const isSkipped = (byte: number): boolean => byte === SPACE || (separator === null ? separatorBytes.includes(byte) : byte === separator)
  if (!isSkipped(bytes[start]!)) return 0
  let at = start + 1
  while (at < limit && isSkipped(bytes[at]!)) at++
  if (at < limit && bytes[at] === CR) at++
  return at < limit && bytes[at] === LF ? at + 1 - start : 0
}

/** Returns whether `bytes[start, end)` has nothing but separators, spaces and the CR of a line end. */
export function isBlankRest (bytes: Uint8Array, start: number, end: number, separator: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== separator && bytes[at] !== SPACE && bytes[at] !== CR) return false
  return true
}

/** Returns the text of a row up to its first separator; an empty text if it has none in its first 200 bytes. */
export function firstField (bytes: Uint8Array, start: number, end: number, separator: number): string {
  const at = bytes.subarray(start, Math.min(end, start + 200)).indexOf(separator)
  return at < 0 ? '' : Buffer.from(bytes.subarray(start, start + at)).toString()
}
