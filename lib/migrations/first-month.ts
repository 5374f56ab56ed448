/** The first day of a month from 1900 on. */
export const firstMonthPattern = '^(19|20)\\d{2}-(0[1-9]|1[0-2])-01$'

/** Returns true if a month, as `YYYY-MM-01`, begins after today (UTC). */
export const isAfterToday = (month: string, now = new Date()): boolean => month > now.toISOString().slice(0, 10)

/**
 * Returns a sentence if PRICES_FIRST_MONTH is in the future. The current month would then have no partition, and each of its prices would be
 * a row error.
 */
export function firstMonthProblems ({ PRICES_FIRST_MONTH: month }: NodeJS.ProcessEnv): string[] {
  return month && new RegExp(firstMonthPattern).test(month) && isAfterToday(month) ? [`PRICES_FIRST_MONTH ${month} is after the current month: set the current month or an earlier one`] : []
}
