/** A month from 1900 on, as its first day. */
export const firstMonthPattern = '^(19|20)\\d{2}-(0[1-9]|1[0-2])-01$'

/** Returns whether a month, as `YYYY-MM-01`, begins after the present day (UTC). */
export const isAfterToday = (month: string, now = new Date()): boolean => month > now.toISOString().slice(0, 10)

/** PRICES_FIRST_MONTH in the future would leave the current month without a partition: every day of it would be a row error. */
export function firstMonthProblems ({ PRICES_FIRST_MONTH: month }: NodeJS.ProcessEnv): string[] {
  return month && new RegExp(firstMonthPattern).test(month) && isAfterToday(month) ? [`PRICES_FIRST_MONTH ${month} is after the current month: set the current month or an earlier one`] : []
}
