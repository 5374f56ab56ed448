/** A column that a table may have. `day` has one day; `valid_from` and `valid_to` have the first and the last day of a price. */
export type ColumnName = 'orig_code' | 'dest_code' | 'day' | 'price' | 'valid_from' | 'valid_to'

/** Names of each column beside its own, in the form of {@link plainName}. docs/sending-batches.md has the same table. */
export const columnNames: Readonly<Record<ColumnName, readonly string[]>> = {
  orig_code: [
    'origcode', 'orig', 'origin', 'origincode', 'originport', 'originportcode', 'portoforigin', 'pol', 'polcode', 'portofloading', 'portofloadingcode',
    'portofload', 'loadport', 'loadingport', 'fromport',
  ],
  dest_code: [
    'destcode', 'dest', 'destination', 'destinationcode', 'destinationport', 'destinationportcode', 'portofdestination', 'pod', 'podcode',
    'portofdischarge', 'portofdischargecode', 'dischargeport', 'toport',
  ],
  day: ['day', 'date', 'ratedate', 'pricedate', 'valid', 'validday', 'validdate'],
  price: ['price', 'rate', 'priceusd', 'rateusd', 'price$', 'rate$', 'usd', 'of', 'ofusd', 'oceanfreight', 'oceanfreightusd', 'seafreight', 'freight', 'freightrate'],
  valid_from: ['validfrom', 'validityfrom', 'validitystart', 'startdate', 'effectivefrom', 'effectivedate', 'datefrom', 'fromdate'],
  valid_to: ['validto', 'validtill', 'validuntil', 'validthru', 'validthrough', 'validityto', 'validityend', 'enddate', 'expirydate', 'expirationdate', 'dateto', 'todate'],
}

/** Names of a price column by the container that the prices are for: 40' high cube. */
const highCube40 = new Set(['40hc', '40hq', '40highcube', '40hicube', '40hdry', '40hcdv', '40hcdry', '40highcubedry', 'hc40', 'hq40', '40h'])
/** How people write feet: `40'HC`, `40ft HC`. */
const feet = /['\u2019\u2032]|ft/g

/** A longer name is none of ours. */
const maxNameChars = 200

const byName = new Map(Object.entries(columnNames).flatMap(([column, names]) => names.map(name => [name, column as ColumnName] as const)))

/** Returns the column that a name stands for; undefined for an unknown name. */
export function columnOf (name: string): ColumnName | undefined {
  const plain = plainName(name)
  return byName.get(plain) ?? (highCube40.has(plain.replace(feet, '')) ? 'price' : undefined)
}

/** Returns whether an unknown name is that of a container, such as `20GP`: a price column of another kind of price. */
export const isContainerName = (name: string): boolean => /^(\d{1,2}x)?(20|40|45|53)[a-z]{1,24}$|^[a-z]{2}(20|40|45)$|^(20|40|45|53)$/.test(plainName(name).replace(feet, ''))

/** Returns a name without case, spaces and the signs `_ - / . ( )`. Other signs stay: `price €` is not `price`. */
export const plainName = (name: string): string => name.length > maxNameChars ? '' : name.normalize('NFKC').toLowerCase().replace(/[\s_\-/.()]/g, '')
