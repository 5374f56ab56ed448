import { isDay } from '../../../lib/calendar/is-day.ts'
import { Refusal, type Parameter } from './parameters.ts'

// RFC 3339, section 5.6. A moment has at most microseconds: the database would round more.
const momentPattern = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/
const example = '2021-02-01T12:00:00Z or 2021-02-01T12:00:00.123456+02:00'

/** Reads a moment, and returns it in UTC with six decimals of a second. */
export const moment: Parameter<string> = {
  read (text) {
    const match = momentPattern.exec(text)
    if (!match) return new Refusal('malformed', `must look like ${example}; in a URL + is written %2B`)
    const [, day, time, fraction = '', sign, hours = '00', minutes = '00'] = match
    if (fraction.length > 6) return new Refusal('malformed', 'has more than six decimals of a second')
    if (!isDay(day!)) return new Refusal('not_a_day', 'is not in the calendar')
    if (!isTime(time!)) return new Refusal('out_of_range', 'is not a time of the day: the last one is 23:59:59')
    if (!isTime(`${hours}:${minutes}:00`)) return new Refusal('out_of_range', 'has an offset beyond 23:59')
    const offsetMs = Date.parse(`1970-01-01T${hours}:${minutes}:00Z`) * (sign === '-' ? -1 : 1)
    const utc = new Date(Date.parse(`${day}T${time}Z`) - offsetMs).toISOString()
    if (!/^\d{4}-/.test(utc) || utc < '0001') return new Refusal('out_of_range', 'is not in the years 1 to 9999 in UTC')
    return `${utc.slice(0, 19)}.${fraction.padEnd(6, '0')}Z`
  },
}

const isTime = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(text)
