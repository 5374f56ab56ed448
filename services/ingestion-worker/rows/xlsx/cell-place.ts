const A = 0x41

/** Returns the letters of a column from its index: 0 is A, 26 is AA. */
export function columnLetters (column: number): string {
  const rest = Math.floor(column / 26)
  return (rest > 0 ? columnLetters(rest - 1) : '') + String.fromCharCode(A + column % 26)
}

/** Returns where a cell stands, as a spreadsheet program writes it: `Rates!B17`, `'Rates 2021'!B17`. */
export function cellPlace (sheet: string, row: number, column: number): string {
  const name = /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(sheet) ? sheet : `'${sheet.replaceAll("'", "''")}'`
  return `${name}!${columnLetters(column)}${row}`
}

/** Returns the index of the column of a cell reference such as `AB12`; -1 if it is none, or not in this row. */
export function readColumn (bytes: Uint8Array, start: number, end: number, row: number): number {
  let column = 0
  let at = start
  for (let letter; at < end && at < start + 3 && (letter = bytes[at]! - A) >= 0 && letter < 26; at++) column = column * 26 + letter + 1
  let number = 0
  const digits = at
  for (let digit; at < end && at < digits + 7 && (digit = bytes[at]! - 0x30) >= 0 && digit < 10; at++) number = number * 10 + digit
  return at === end && number === row ? column - 1 : -1
}
