import { otherCurrencyCodes, otherCurrencySigns } from '../values/other-currencies.ts'

/** A column that a table may have. `day` has one day; `valid_from` and `valid_to` have the first and the last day of a price. */
export type ColumnName = 'orig_code' | 'dest_code' | 'day' | 'price' | 'valid_from' | 'valid_to'

/** Names of each column beside its own, in the form of {@link plainName}. docs/sending-batches.md has the same table. */
export const columnNames: Readonly<Record<ColumnName, readonly string[]>> = {
  orig_code: [
    'origcode', 'orig', 'origin', 'origincode', 'originport', 'originportcode', 'portoforigin', 'pol', 'polcode', 'portofloading', 'portofloadingcode',
    'portofload', 'loadport', 'loadingport', 'fromport', 'ladehafen', 'verladehafen', 'abgangshafen',
  ],
  dest_code: [
    'destcode', 'dest', 'destination', 'destinationcode', 'destinationport', 'destinationportcode', 'portofdestination', 'pod', 'podcode',
    'portofdischarge', 'portofdischargecode', 'dischargeport', 'toport', 'löschhafen', 'loeschhafen', 'entladehafen', 'zielhafen', 'bestimmungshafen',
  ],
  day: ['day', 'date', 'ratedate', 'pricedate', 'valid', 'validday', 'validdate', 'datum'],
  price: [
    'price', 'rate', 'priceusd', 'rateusd', 'price$', 'rate$', 'usd', 'usdprice', 'usdrate', 'priceinusd', 'rateinusd', 'of', 'ofusd', 'oceanfreight',
    'oceanfreightusd', 'seafreight', 'freight', 'freightusd', 'freightrate', 'preis', 'preisusd', 'seefracht', 'seefrachtusd', 'frachtrate',
  ],
  valid_from: ['validfrom', 'validityfrom', 'validitystart', 'startdate', 'effectivefrom', 'effectivedate', 'datefrom', 'fromdate', 'gültigab', 'gueltigab', 'gültigvon', 'gueltigvon'],
  valid_to: [
    'validto', 'validtill', 'validuntil', 'validthru', 'validthrough', 'validityto', 'validityend', 'enddate', 'expirydate', 'expirationdate', 'dateto', 'todate',
    'gültigbis', 'gueltigbis',
  ],
}

/** Names of a price column by the container that the prices are for: 40' high cube. */
const highCube40 = new Set(['40hc', '40hq', '40highcube', '40hicube', '40hdry', '40hcdv', '40hcdry', '40highcubedry', 'hc40', 'hq40', '40h'])
/** How people write feet: `40'HC`, `40ft HC`. */
const feet = /['\u2019\u2032]|ft/g
/** Words that may stand beside a container: `O/F 40HC USD`, `USD per 40HC`, `40HC rate`. */
const before = /^(of|oceanfreight|freight|rate|price)?(in)?(usd|us\$|\$)?(per)?(?=\d|[a-z]{2}\d)/
const after = /(rate|price)?((in)?(usd|us\$|\$))?(rate|price)?$/
/** A dollar of another country: `C$`, `HK$`. */
const otherDollar = /(^|[^a-z])(?!us|hc|hq)[a-z]{1,2}\$/i
const container = /^(\d{1,2}x)?(20|40|45|53)[a-z]{1,24}$|^[a-z]{2}(20|40|45)$|^(20|40|45|53)$/
const currency = `(${otherCurrencyCodes.toLowerCase()}|[${otherCurrencySigns}])`
const otherCurrency = new RegExp(`(in)?${currency}$|^${currency}`)
const currencyNames = new Set(['currency', 'curr', 'ccy', 'cur', 'currencycode', 'ratecurrency', 'pricecurrency', 'währung', 'waehrung'])

/** A longer name is none of ours. */
const maxNameChars = 200

const byName = new Map(Object.entries(columnNames).flatMap(([column, names]) => names.map(name => [name, column as ColumnName] as const)))

/** Returns the column that a name stands for; undefined for an unknown name. */
export function columnOf (name: string): ColumnName | undefined {
  if (otherDollar.test(name.slice(0, maxNameChars))) return undefined
  return byName.get(plainName(name)) ?? (highCube40.has(containerOf(name)) ? 'price' : undefined)
}

/** Returns whether an unknown name is that of a container, such as `20GP`: a price column of another kind of price. */
export function isContainerName (name: string): boolean {
  const size = containerOf(name)
  return container.test(size) && !/^40(hc|hq|highcube|hicube)(?!rf|re|rh|ot|fr|tk|nor)/.test(size) // another charge for 40HC, or another unit
}

/** Returns whether an unknown name is that of a price in another currency than USD, such as `Rate EUR`. */
export function isPriceInOtherCurrency (name: string): boolean {
  const plain = plainName(name.slice(0, maxNameChars).replace(otherDollar, '$1€'))
  const rest = plain.replace(otherCurrency, '')
  return rest !== plain && (columnOf(rest) === 'price' || isContainerName(rest))
}

/** Returns whether an unknown name is that of a column of currencies. */
export const isCurrencyName = (name: string): boolean => currencyNames.has(plainName(name))

const containerOf = (name: string): string => plainName(name).replace(feet, '').replace(before, '').replace(after, '')

/** Returns a name without case, spaces and the signs `_ - / . ( )`. Other signs stay: `price €` is not `price`. */
export const plainName = (name: string): string => name.length > maxNameChars ? '' : name.normalize('NFKC').toLowerCase().replace(/[\s_\-/.()]/g, '')
