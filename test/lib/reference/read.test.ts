import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { InvalidReference, referenceProblems, type ReferenceProblem } from '../../../lib/reference/invalid-reference.ts'
import { readReference, type Known } from '../../../lib/reference/read.ts'

const goodPorts = 'code,name,parent_slug\nCNGGZ,Guangzhou,china_south\nEETLL,Tallinn,baltic\n'
const goodRegions = 'slug,name,parent_slug\nchina_south,South China,china\nchina,China,\nbaltic,Baltic,\n'

const nul = String.fromCharCode(0)

t.test('reads valid files in every encoding and layout', async t => {
  const expected = {
    ports: [
      { code: 'CNGGZ', name: 'Guangzhou', parent_slug: 'china_south' },
      { code: 'EETLL', name: 'Tallinn', parent_slug: 'baltic' },
    ],
    regions: [
      { slug: 'china_south', name: 'South China', parent_slug: 'china' },
      { slug: 'china', name: 'China', parent_slug: null },
      { slug: 'baltic', name: 'Baltic', parent_slug: null },
    ],
    aliases: new Map(),
  }
  const layouts: Record<string, (csv: string) => string> = {
    plain: csv => csv,
    'without a final line end': csv => csv.trimEnd(),
    'BOM and CRLF': csv => '\uFEFF' + csv.replaceAll('\n', '\r\n'),
    'CR alone': csv => csv.replaceAll('\n', '\r'),
    'empty lines': csv => csv.replaceAll('\n', '\n\n'),
    'quoted fields': csv => csv.replaceAll(/[^,\n]+/g, '"$&"'),
    'columns in another order': csv => csv.split('\n').map(line => line.split(',').toReversed().join(',')).join('\n'),
  }
  for (const [layout, put] of Object.entries(layouts)) {
    t.strictSame(readReference(put(goodPorts), put(goodRegions)), expected, layout)
  }
})

t.test('reads aliases: several in a field, in any order of columns, or none', async t => {
  const read = (ports: string, known?: Known) => [...readReference(ports, goodRegions, known).aliases]
  t.strictSame(read('code,name,parent_slug,aliases\nCNGGZ,Guangzhou,china_south,CNCAN  CNGZH \nEETLL,Tallinn,baltic,\n'),
    [['CNCAN', 'CNGGZ'], ['CNGZH', 'CNGGZ']])
  t.strictSame(read('aliases,parent_slug,name,code\nCNCAN,china_south,Guangzhou,CNGGZ\n'), [['CNCAN', 'CNGGZ']])
  const known = { regions: new Map(), ports: new Set(['CNGGZ', 'EETLL']), aliases: new Map([['EEREV', 'EETLL'], ['CNCAN', 'CNGGZ']]), retired: new Set<string>() }
  t.strictSame(read(goodPorts, known), [...known.aliases], 'a file without the column changes no alias')
})

t.test('reads one file alone', async t => {
  const known = { regions: new Map([['baltic', null]]), ports: new Set(['EETLL']), aliases: new Map(), retired: new Set<string>() }
  t.strictSame(readReference('code,name,parent_slug\nLVRIX,Riga,baltic\n', null, known), { ports: [{ code: 'LVRIX', name: 'Riga', parent_slug: 'baltic' }], regions: [], aliases: new Map() })
  t.strictSame(readReference(null, 'slug,name,parent_slug\nlatvia,Latvia,baltic\n', known), { ports: [], regions: [{ slug: 'latvia', name: 'Latvia', parent_slug: 'baltic' }], aliases: new Map() })
  t.throws(() => readReference('code,name,parent_slug\nLVRIX,Riga,narnia\n', null, known), InvalidReference)
})

t.test('codes with 0 and 1 are valid codes', async t => {
  const { ports, aliases } = readReference('code,name,parent_slug,aliases\nIT940,Villanova,baltic,DE9B0 IT001\n', goodRegions)
  t.strictSame([ports[0]!.code, [...aliases.keys()]], ['IT940', ['DE9B0', 'IT001']])
})

t.test('reads names unchanged', async t => {
  const names = ['Świnoujście', 'Nukuʻalofa', 'Port of "Spain", West', "L'Île", '広州', '🚢', 'x'.repeat(200), '🚢'.repeat(200)]
  for (const name of names) {
    const ports = `code,name,parent_slug\nCNGGZ,"${name.replaceAll('"', '""')}",baltic\n`
    t.equal(readReference(ports, goodRegions).ports[0]!.name, name)
  }
})

/** The change that a case makes to valid files, and the resulting problems: file, line, column, value, code. */
type Case = {
  ports?: string
  regions?: string
  known?: Partial<Known>
  problems: [ReferenceProblem['file'], number, string | null, string | null, ReferenceProblem['code']][]
}

/** Returns a file with these rows under the right header. The ports are in region `baltic`, which is on line 2. */
const ports = (...rows: string[]) => ['code,name,parent_slug', ...rows].join('\n')
const aliased = (...rows: string[]) => ['code,name,parent_slug,aliases', ...rows].join('\n')
const manyAliases = (count: number) => Array.from({ length: count }, (_, index) => `EE${String(index).padStart(3, '0')}`).join(' ')
const regions = (...rows: string[]) => ['slug,name,parent_slug', 'baltic,Baltic,', ...rows].join('\n')
const onlyTallinn = ports('EETLL,Tallinn,baltic')

const cases: Record<string, Case> = {
  'empty ports file': { ports: '', problems: [['ports', 1, null, null, 'empty-file']] },
  'empty regions file': { regions: '', problems: [['regions', 1, null, null, 'empty-file']] },
  'a BOM and no other byte': { ports: '\uFEFF', problems: [['ports', 1, null, null, 'empty-file']] },
  'line ends and no other byte': { ports: '\r\n\r\n', problems: [['ports', 1, null, null, 'empty-file']] },
  'header alone': { ports: 'code,name,parent_slug\n', problems: [['ports', 1, null, null, 'empty-file']] },
  'both files empty': {
    ports: '', regions: '', problems: [['regions', 1, null, null, 'empty-file'], ['ports', 1, null, null, 'empty-file']],
  },

  'missing column': { ports: 'code,name\nEETLL,Tallinn', problems: [['ports', 1, 'parent_slug', null, 'missing-column']] },
  'unknown column': {
    ports: 'code,name,parent_slug,country\nEETLL,Tallinn,baltic,EE',
    problems: [['ports', 1, 'country', 'country', 'unknown-column']],
  },
  'column twice': {
    regions: 'slug,name,parent_slug,name\nbaltic,Baltic,,Baltic', problems: [['regions', 1, 'name', 'name', 'duplicate-column']],
  },
  'column names are exact': {
    ports: 'Code,name,parent_slug\nEETLL,Tallinn,baltic',
    problems: [['ports', 1, 'code', null, 'missing-column'], ['ports', 1, 'Code', 'Code', 'unknown-column']],
  },
  semicolons: {
    ports: 'code;name;parent_slug\nEETLL;Tallinn;baltic',
    problems: [
      ['ports', 1, 'code', null, 'missing-column'],
      ['ports', 1, 'name', null, 'missing-column'],
      ['ports', 1, 'parent_slug', null, 'missing-column'],
      ['ports', 1, 'code;name;parent_slug', 'code;name;parent_slug', 'unknown-column'],
    ],
  },
  'no header': {
    ports: 'EETLL,Tallinn,baltic',
    problems: [
      ['ports', 1, 'code', null, 'missing-column'],
      ['ports', 1, 'name', null, 'missing-column'],
      ['ports', 1, 'parent_slug', null, 'missing-column'],
      ['ports', 1, 'EETLL', 'EETLL', 'unknown-column'],
      ['ports', 1, 'Tallinn', 'Tallinn', 'unknown-column'],
      ['ports', 1, 'baltic', 'baltic', 'unknown-column'],
    ],
  },
  'regions and ports swapped': {
    ports: goodRegions,
    regions: goodPorts,
    problems: [
      ['regions', 1, 'slug', null, 'missing-column'],
      ['regions', 1, 'code', 'code', 'unknown-column'],
      ['ports', 1, 'code', null, 'missing-column'],
      ['ports', 1, 'slug', 'slug', 'unknown-column'],
    ],
  },

  'quote not closed': { ports: ports('EETLL,"Tallinn,baltic', 'LVRIX,Riga,baltic'), problems: [['ports', 3, null, null, 'malformed-csv']] },
  'quote inside a field': { ports: ports('EETLL,Tal"linn",baltic'), problems: [['ports', 2, null, null, 'malformed-csv']] },
  'text after a quoted field': { ports: ports('EETLL,"Tallinn"x,baltic'), problems: [['ports', 2, null, null, 'malformed-csv']] },

  'too few fields': { ports: ports('EETLL,Tallinn'), problems: [['ports', 2, null, 'EETLL,Tallinn', 'field-count']] },
  'too many fields': {
    ports: ports('TTPOS,Port of Spain, Trinidad,baltic'),
    problems: [['ports', 2, null, 'TTPOS,Port of Spain, Trinidad,baltic', 'field-count']],
  },
  'a line of blanks': { ports: ports('EETLL,Tallinn,baltic', '  '), problems: [['ports', 3, null, '  ', 'field-count']] },
  'the children of a wrong region row are not reported': {
    regions: regions('estonia,Estonia,baltic,', 'Latvia,Latvia,baltic'),
    ports: ports('EETLL,Tallinn,estonia', 'LVRIX,Riga,Latvia'),
    problems: [['regions', 3, null, 'estonia,Estonia,baltic,', 'field-count'], ['regions', 4, 'slug', 'Latvia', 'malformed-slug']],
  },

  'empty code': { ports: ports(',Tallinn,baltic'), problems: [['ports', 2, 'code', '', 'empty-value']] },
  'empty slug': { regions: regions(',Nowhere,'), problems: [['regions', 3, 'slug', '', 'empty-value']] },
  'empty name of a port': { ports: ports('EETLL,,baltic'), problems: [['ports', 2, 'name', '', 'empty-value']] },
  'blank name of a region': { regions: regions('black_sea,  ,'), problems: [['regions', 3, 'name', '  ', 'empty-value']] },
  'two empty codes are not duplicates': {
    ports: ports(',Tallinn,baltic', ',Riga,baltic'), problems: [['ports', 2, 'code', '', 'empty-value'], ['ports', 3, 'code', '', 'empty-value']],
  },

  'name of 201 characters': {
    ports: ports(`EETLL,${'x'.repeat(201)},baltic`), problems: [['ports', 2, 'name', 'x'.repeat(201), 'name-too-long']],
  },
  'line break in a name, and the line numbers after it': {
    ports: ports('EETLL,"Tal\r\nlinn",baltic', 'LVRIX,,baltic').replaceAll(/\r?\n/g, '\r\n'),
    problems: [['ports', 2, 'name', 'Tal\nlinn', 'control-character'], ['ports', 4, 'name', '', 'empty-value']],
  },
  'NUL in a name': { regions: regions(`black_sea,Black${nul}Sea,`), problems: [['regions', 3, 'name', `Black${nul}Sea`, 'control-character']] },
  'tab in a name': { ports: ports('EETLL,Tal\tlinn,baltic'), problems: [['ports', 2, 'name', 'Tal\tlinn', 'control-character']] },

  'code twice': {
    ports: ports('EETLL,Tallinn,baltic', 'LVRIX,Riga,baltic', 'EETLL,Reval,baltic'), problems: [['ports', 4, 'code', 'EETLL', 'duplicate']],
  },
  'code three times, empty lines counted': {
    ports: ports('EETLL,Tallinn,baltic', '', 'EETLL,Tallinn,baltic', 'EETLL,Tallinn,baltic'),
    problems: [['ports', 4, 'code', 'EETLL', 'duplicate'], ['ports', 5, 'code', 'EETLL', 'duplicate']],
  },
  'slug twice': { regions: regions('baltic,Baltic Sea,'), problems: [['regions', 3, 'slug', 'baltic', 'duplicate']] },

  'port without parent': { ports: ports('EETLL,Tallinn,'), problems: [['ports', 2, 'parent_slug', '', 'no-parent']] },
  'unknown parent of a port': { ports: ports('EETLL,Tallinn,narnia'), problems: [['ports', 2, 'parent_slug', 'narnia', 'unknown-parent']] },
  'unknown parent of a region': {
    regions: regions('finland,Finland,narnia'), problems: [['regions', 3, 'parent_slug', 'narnia', 'unknown-parent']],
  },
  'a port is no parent': { ports: ports('EETLL,Tallinn,LVRIX', 'LVRIX,Riga,baltic'), problems: [['ports', 2, 'parent_slug', 'LVRIX', 'unknown-parent']] },
  'a retired parent': {
    known: { regions: new Map([['europe', null]]), retired: new Set(['europe', 'EETLL', 'finland']) },
    ports: ports('EETLL,Tallinn,europe', 'LVRIX,Riga,europe'), regions: regions('finland,Finland,europe', 'latvia,Latvia,europe'),
    problems: [['regions', 4, 'parent_slug', 'europe', 'retired-parent'], ['ports', 3, 'parent_slug', 'europe', 'retired-parent']],
  },
  'parents that are already known': {
    known: { regions: new Map([['europe', null]]) },
    regions: regions('finland,Finland,europe'),
    ports: ports('FIHEL,Helsinki,finland', 'DEHAM,Hamburg,europe'),
    problems: [],
  },
  'no parent is reported while the regions file is unreadable': {
    regions: 'slug,name\nbaltic,Baltic', problems: [['regions', 1, 'parent_slug', null, 'missing-column']],
  },

  'own parent': { regions: regions('finland,Finland,finland'), problems: [['regions', 3, 'parent_slug', 'finland', 'own-parent']] },
  'cycle of two': {
    regions: regions('a,A,b', 'b,B,a'), problems: [['regions', 3, 'parent_slug', 'b', 'cycle']],
  },
  'cycle of three with a tail, and another': {
    regions: regions('tail,Tail,c', 'c,C,a', 'x,X,y', 'a,A,b', 'b,B,c', 'y,Y,x'),
    problems: [['regions', 4, 'parent_slug', 'a', 'cycle'], ['regions', 5, 'parent_slug', 'y', 'cycle']],
  },
  'cycle through regions that only the database has': {
    known: { regions: new Map([['europe', null], ['north', 'europe'], ['coast', 'north']]) },
    regions: regions('europe,Europe,coast'),
    problems: [['regions', 3, 'parent_slug', 'coast', 'cycle']],
  },
  'the file resolves a cycle that would exist': {
    known: { regions: new Map([['europe', null], ['north', 'europe']]) },
    regions: regions('europe,Europe,north', 'north,North,'),
    problems: [],
  },
  'an old cycle that the file does not touch': {
    known: { regions: new Map([['a', 'b'], ['b', 'a']]) }, regions: regions('c,C,a'), problems: [],
  },

  'slug that is a code of the same load': {
    regions: regions('eetll,Estonia,'), problems: [['regions', 3, 'slug', 'eetll', 'slug-is-code']],
  },
  'slug that is the code of a known port': {
    known: { ports: new Set(['DEHAM']) }, regions: regions('deham,Hamburg,'), problems: [['regions', 3, 'slug', 'deham', 'slug-is-code']],
  },
  'code that is the slug of a known region': {
    known: { regions: new Map([['lvrix', null]]) },
    ports: ports('EETLL,Tallinn,baltic', 'LVRIX,Riga,baltic'),
    problems: [['ports', 3, 'code', 'LVRIX', 'slug-is-code']],
  },

  'alias that is a slug of the same load': {
    ports: aliased('EETLL,Tallinn,baltic,BALTI'), regions: regions('balti,Balti,'), problems: [['regions', 3, 'slug', 'balti', 'slug-is-code']],
  },
  'slug that is an alias of the database': {
    known: { aliases: new Map([['DEHBG', 'DEHAM']]) }, regions: regions('dehbg,Hamburg,'), problems: [['regions', 3, 'slug', 'dehbg', 'slug-is-code']],
  },
  'alias that is the slug of a known region': {
    known: { regions: new Map([['italy', null]]) },
    ports: aliased('EETLL,Tallinn,baltic,', 'LVRIX,Riga,baltic,ITALY'),
    problems: [['ports', 3, 'aliases', 'ITALY', 'slug-is-code']],
  },

  'malformed aliases': {
    ports: aliased('EETLL,Tallinn,baltic,EEREV eerev', 'LVRIX,Riga,baltic,"LVRIG,LVRGA"'),
    problems: [['ports', 2, 'aliases', 'eerev', 'malformed-code'], ['ports', 3, 'aliases', 'LVRIG,LVRGA', 'malformed-code']],
  },
  'alias that is its own port': { ports: aliased('EETLL,Tallinn,baltic,EEREV EETLL'), problems: [['ports', 2, 'aliases', 'EETLL', 'own-alias']] },
  'alias that is another port of the file, before it and after it': {
    ports: aliased('EETLL,Tallinn,baltic,LVRIX', 'LVRIX,Riga,baltic,EETLL'),
    problems: [['ports', 2, 'aliases', 'LVRIX', 'alias-is-port'], ['ports', 3, 'aliases', 'EETLL', 'alias-is-port']],
  },
  'alias of two ports': {
    ports: aliased('EETLL,Tallinn,baltic,EEREV', 'LVRIX,Riga,baltic,LVRIG EEREV'), problems: [['ports', 3, 'aliases', 'EEREV', 'duplicate']],
  },
  'alias twice in a field': { ports: aliased('EETLL,Tallinn,baltic,EEREV EEREV'), problems: [['ports', 2, 'aliases', 'EEREV', 'duplicate']] },
  'sixteen aliases': { ports: aliased(`EETLL,Tallinn,baltic,${manyAliases(16)}`), problems: [] },
  'seventeen aliases': { ports: aliased(`EETLL,Tallinn,baltic,${manyAliases(17)}`), problems: [['ports', 2, 'aliases', null, 'too-many-aliases']] },
  'seventeen with those of a port that becomes an alias': {
    known: { ports: new Set(['EEREV']), aliases: new Map([['EEAAA', 'EEREV'], ['EEAAB', 'EEREV']]) },
    ports: aliased(`EETLL,Tallinn,baltic,EEREV ${manyAliases(14)}`),
    problems: [['ports', 2, 'aliases', null, 'too-many-aliases']],
  },
  'the column aliases twice': {
    ports: 'code,name,parent_slug,aliases,aliases\nEETLL,Tallinn,baltic,,', problems: [['ports', 1, 'aliases', 'aliases', 'duplicate-column']],
  },
  'a row without its field of aliases': {
    ports: aliased('EETLL,Tallinn,baltic'), problems: [['ports', 2, null, 'EETLL,Tallinn,baltic', 'field-count']],
  },

  'many problems at once': {
    regions: regions('Finland,,finland', 'x,X,y', 'y,Y,x', 'baltic,Again,'),
    ports: ports('eetll,Tallinn,baltic', 'LVRIX,Riga,narnia', 'LVRIX,,', 'X'),
    problems: [
      ['regions', 3, 'slug', 'Finland', 'malformed-slug'],
      ['regions', 3, 'name', '', 'empty-value'],
      ['regions', 3, 'parent_slug', 'finland', 'unknown-parent'],
      ['regions', 4, 'parent_slug', 'y', 'cycle'],
      ['regions', 6, 'slug', 'baltic', 'duplicate'],
      ['ports', 2, 'code', 'eetll', 'malformed-code'],
      ['ports', 3, 'parent_slug', 'narnia', 'unknown-parent'],
      ['ports', 4, 'code', 'LVRIX', 'duplicate'],
      ['ports', 4, 'name', '', 'empty-value'],
      ['ports', 4, 'parent_slug', '', 'no-parent'],
      ['ports', 5, null, 'X', 'field-count'],
    ],
  },
}

for (const code of ['eetll', 'EETL', 'EETLLL', 'E2TLL', '1ETLL', 'EE-LL', ' EETLL', 'EETLL ', 'ÉETLL', '"EETLL\n"']) {
  const value = code.replaceAll('"', '')
  cases[`port code ${JSON.stringify(code)}`] = {
    ports: ports(`${code},Tallinn,baltic`), problems: [['ports', 2, 'code', value, 'malformed-code']],
  }
}
for (const slug of ['Finland', 'finland-main', '1finland', '_finland', 'finland main', 'åland', 'f'.repeat(65)]) {
  cases[`region slug ${slug}`] = { regions: regions(`${slug},Finland,`), problems: [['regions', 3, 'slug', slug, 'malformed-slug']] }
}

for (const [name, { ports = onlyTallinn, regions: regionsCsv = regions(), known, problems }] of Object.entries(cases)) {
  t.test(name, async t => {
    const found = problemsOf(ports, regionsCsv, { regions: new Map(), ports: new Set(), aliases: new Map(), retired: new Set(), ...known })
    t.strictSame(found.map(({ file, line, column, value, code }) => [file, line, column, value, code]), problems)
    t.ok(found.every(({ message }) => message.length > 0))
  })
}

t.test('every code has a case, and no case has an unknown code', async t => {
  const covered = new Set(Object.values(cases).flatMap(({ problems }) => problems.map(problem => problem[4])))
  t.strictSame([...covered].toSorted(), Object.keys(referenceProblems).toSorted())
})

t.test('the regions of a cycle are named', async t => {
  const [problem] = problemsOf(onlyTallinn, regions('tail,Tail,c', 'c,C,a', 'a,A,b', 'b,B,c'))
  t.match(problem!.message, 'c → a → b → c')
})

t.test('the error has a code, the list and the text of the first problem', async t => {
  t.throws(() => readReference(ports('eetll,Tallinn,', 'LVRIX,Riga,baltic'), regions()), {
    name: 'InvalidReference',
    code: 'invalid-reference',
    message: /^ports file, line 2: .*\(and 1 more\)$/,
    problems: [{ code: 'malformed-code' }, { code: 'no-parent' }],
  })
})

t.test('a long chain of regions is no problem', async t => {
  const chain = Array.from({ length: 20_000 }, (_, index) => `r${index},Region ${index},${index > 0 ? `r${index - 1}` : 'baltic'}`)
  t.strictSame(problemsOf(onlyTallinn, regions(...chain.toReversed())), [])
})

t.test('the shipped reference data', async t => {
  const read = (file: string) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    .decode(readFileSync(join(import.meta.dirname, '../../../sql/reference', file)))
  const { ports, regions, aliases } = readReference(read('ports.csv'), read('regions.csv'))
  const parents = new Map(regions.map(({ slug, parent_slug: parent }) => [slug, parent]))
  const depth = (slug: string | null | undefined): number => slug ? 1 + depth(parents.get(slug)) : 0
  const withPorts = new Set(ports.map(({ parent_slug: region }) => region))
  const withChildren = new Set(parents.values())

  t.ok(ports.length >= 150, `${ports.length} ports`)
  t.ok(regions.length >= 26, `${regions.length} regions`)
  const deepest = Math.max(...regions.map(({ slug }) => depth(slug)))
  t.ok(deepest >= 3, `${deepest} levels`)
  t.ok(regions.filter(({ slug }) => depth(slug) === deepest).every(({ slug }) => withPorts.has(slug)), 'the deepest regions have ports')
  t.strictSame(regions.filter(({ slug }) => !withPorts.has(slug) && !withChildren.has(slug)), [], 'no region is empty')
  t.ok(regions.some(({ slug }) => !withPorts.has(slug)), 'some regions have only regions')
  t.ok(regions.some(({ slug }) => withPorts.has(slug) && withChildren.has(slug)), 'some have both')

  const nameOf = (code: string) => ports.find(port => port.code === code)?.name
  t.equal(nameOf('CNGGZ'), 'Guangzhou')
  t.equal(nameOf('EETLL'), 'Tallinn')
  t.equal(nameOf('PLSWI'), 'Świnoujście')
  for (const slug of ['china_main', 'china_east_main', 'china_south_main', 'northern_europe', 'north_europe_main', 'baltic', 'finland_main']) {
    t.ok(parents.has(slug), slug)
  }
  t.equal(aliases.size, 23)
  for (const [alias, port] of [['CNTAG', 'CNTAC'], ['THSGZ', 'THSGK'], ['CNSGH', 'CNSHA'], ['CNSHG', 'CNSHA'], ['CNSTG', 'CNSWA']] as const) {
    t.equal(aliases.get(alias), port, alias)
    t.ok(nameOf(port) && !nameOf(alias), `${port} is a port, ${alias} is none`)
  }
  const names = [...ports, ...regions].map(({ name }) => name)
  t.strictSame(names.filter(name => name !== name.trim() || name !== name.normalize('NFC')), [], 'names are trimmed and composed')
})

function problemsOf (ports: string, regions: string, known?: Known): readonly ReferenceProblem[] {
  try {
    readReference(ports, regions, known)
    return []
  } catch (error) {
    if (error instanceof InvalidReference) return error.problems
    throw error
  }
}
