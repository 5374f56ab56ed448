const lengths = new Uint8Array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

/** Returns the number of days of a month of the Gregorian calendar; `month` is 1 to 12. */
export function monthLength (year: number, month: number): number {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && isLeapYear ? 29 : lengths[month - 1]!
}
