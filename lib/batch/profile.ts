import { isDay } from '../calendar/is-day.ts'
import { createHash } from 'node:crypto'
import { Type, type Static } from 'typebox'

export const profileNamePattern = '^[a-z0-9-]{1,64}$'
/** Most bytes of a profile as JSON. */
export const profileMaxBytes = 16_384
/** Most profiles of one provider. */
export const maxProfiles = 50

const NameInFile = Type.String({ pattern: '^[^\\s\\x00-\\x1f]([^\\x00-\\x1f]{0,198}[^\\s\\x00-\\x1f])?$', description: '1 to 200 characters, without a space at either end' })
const Name = Type.Optional(NameInFile)
const Port = Type.Optional(Type.String({ pattern: '^[A-Za-z0-9]{5}$', description: 'the five characters of a port' }))
const Day = Type.Optional(Type.String({ pattern: '^[12][0-9]{3}-[0-9]{2}-[0-9]{2}$', description: 'a day as YYYY-MM-DD' }))

/** How the files of a provider are to be read. A profile has plain values only. */
const mapping = {
  columns: Type.Optional(Type.Object({ orig_code: Name, dest_code: Name, day: Name, price: Name, valid_from: Name, valid_to: Name }, {
    additionalProperties: false, description: 'for each of our columns, its name in the file',
  })),
  separator: Type.Optional(Type.Enum([',', ';', '\t', '|'], { description: 'separator of the fields of a text file' })),
  decimal_sign: Type.Optional(Type.Enum(['.', ','])),
  day_order: Type.Optional(Type.Enum(['day.month', 'month.day'], { description: 'order of day and month where the year comes last' })),
  epoch: Type.Optional(Type.Enum([1900, 1904], { description: 'epoch of the serial numbers of days in a text file' })),
  sheet: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'name of the sheet to read' })),
  ignore: Type.Optional(Type.Array(NameInFile, { maxItems: 200, description: 'names in the file of columns that are not read' })),
  fixed: Type.Optional(Type.Object({
    orig_code: Port, dest_code: Port, day: Day, valid_from: Day, valid_to: Day,
    price: Type.Optional(Type.String({ pattern: '^[0-9]{1,10}(\\.[0-9]{1,2})?$', description: 'a price as digits, with at most two decimals after a point' })),
  }, { additionalProperties: false, description: 'values of columns that the file does not have' })),
  charset: Type.Optional(Type.Enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'], { description: 'character encoding of a text file' })),
}

export const Profile = Type.Object(mapping, { additionalProperties: false })
export type Profile = Static<typeof Profile>

/** A profile in a manifest. The outcome of the batch depends on no later version. */
export const ProfileOfBatch = Type.Object({
  name: Type.String({ pattern: profileNamePattern }), version: Type.String({ pattern: '^[0-9a-f]{64}$' }), ...mapping,
}, { additionalProperties: false })
export type ProfileOfBatch = Static<typeof ProfileOfBatch>

/** Returns the profile with its members in one order, as JSON. The order of the members in a request has no meaning. */
export const profileText = (profile: Profile): string =>
  JSON.stringify(profile, (_key, value: unknown) => value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
    : value)

/** Returns the version of a profile: the SHA-256 of its content, in hex. */
export const profileVersion = (profile: Profile): string => createHash('sha256').update(profileText(profile)).digest('hex')

export type ProfileFault = { parameter: keyof Profile, code: string, message: string }

/** Returns what contradicts itself in a profile that has the form of the schema. */
export function profileFaults ({ columns = {}, ignore = [], fixed = {} }: Profile): ProfileFault[] {
  const faults: ProfileFault[] = []
  const add = (parameter: keyof Profile, message: string): void => { faults.push({ parameter, code: 'malformed', message }) }
  const names = Object.values(columns)
  for (const name of new Set(names.filter((name, at) => names.indexOf(name) !== at))) add('columns', `has ${JSON.stringify(name)} twice: a column of the file has one meaning`)
  for (const name of names) if (ignore.includes(name)) add('ignore', `has ${JSON.stringify(name)}, which "columns" has too`)
  for (const column of Object.keys(fixed)) if (column in columns) add('fixed', `has ${column}, which "columns" has too: a fixed value is for a column that the file does not have`)
  const has = (column: string): boolean => column in columns || column in fixed
  if (has('day') && (has('valid_from') || has('valid_to'))) add('day' in fixed ? 'fixed' : 'columns', 'has day beside valid_from or valid_to: a price has one day or a validity')
  for (const column of ['day', 'valid_from', 'valid_to'] as const) {
    if (fixed[column] !== undefined && !isDay(fixed[column])) add('fixed', `has ${column} ${fixed[column]}, which is not a day`)
  }
  if (fixed.valid_from !== undefined && fixed.valid_to !== undefined && fixed.valid_from > fixed.valid_to) add('fixed', 'has a valid_from after valid_to')
  if (fixed.price !== undefined && Number(fixed.price) === 0) add('fixed', 'has the price 0')
  return faults
}
