import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const exclude = ['**/node_modules', '.git', '.state', '.emulators']
const folders = readdirSync(root).filter(name => name !== 'node_modules' && statSync(join(root, name)).isDirectory())
const ours = folders.filter(name => !name.startsWith('.'))

/** A path from the root of the repository. `./` may stand before it. Other paths, such as `../lib/x.ts` or `/app/lib/x.ts`, do not match. */
const pathPattern = new RegExp(`(?<![\\w./@$}-]|\\w:)(?:\\./)?((?:${[...ours, '\\.github'].join('|')})/[\\w./*{},-]*)`, 'g')
const extension = /\.(ts|js|mjs|md|sql|sh|py|json|ya?ml|csv|Dockerfile)$/

/** Files whose old names are their subject, or which have paths as data. */
const isExcluded = (file: string): boolean =>
  file === 'CHANGELOG.md' || file === 'docs/decisions/0021-contract-changes.md' || /^test\/(docs|cases|harness\/failed-tests)/.test(file)

type Named = { file: string, path: string }

const texts = globSync(['*.{md,json,yml}', 'Dockerfile', 'docker/*', '{.github,docs,observability}/**/*.{md,yml}', '**/*.md', '**/*.sh'], { cwd: root, exclude })
const sources = globSync(`{${ours.join()}}/**/*.{ts,js}`, { cwd: root, exclude })

/** Returns paths with an extension, folders that end with a slash, and folders in code font. */
function pathsIn (file: string, text: string): Named[] {
  return [...text.matchAll(pathPattern)]
    .filter(({ 0: found, 1: path, index }) => extension.test(path!.replace(/[.,]+$/, '')) || path!.endsWith('/') || (text[index - 1] === '`' && text[index + found.length] === '`'))
    .map(([, path]) => ({ file, path: path!.replace(/[.,]+$/, '') }))
}

/** Returns the files to which a document links, from the root of the repository. */
function linksIn (file: string, text: string): Named[] {
  return [...text.matchAll(/\]\((?!\w+:)([^)#\s]+)[^)]*\)/g)].map(([, path]) => ({ file, path: join(dirname(file), path!) }))
}

/** Returns the comments of a source file. */
const commentsOf = (text: string): string => text.match(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$|(?<=^#!?).*$/gm)?.join('\n') ?? ''

/** Braces and stars are a pattern, which names at least one file. */
const isThere = (path: string): boolean => /[*{]/.test(path) ? globSync(path, { cwd: root }).length > 0 : existsSync(join(root, path))

t.test('every path that docs, workflows, scripts, Docker files and comments print exists', async t => {
  const named = [
    ...[...new Set(texts)].filter(file => !isExcluded(file) && file !== 'package-lock.json').flatMap(file => [...pathsIn(file, read(file)), ...(file.endsWith('.md') ? linksIn(file, read(file)) : [])]),
    ...sources.filter(file => !isExcluded(file)).flatMap(file => pathsIn(file, commentsOf(read(file)))),
  ]
  t.ok(named.length > 400, `${named.length} paths are found`)
  for (const origin of ['package.json', 'docker-compose.yml', 'Dockerfile', '.github/workflows/ci.yml', 'README.md', 'docs/runbook.md']) {
    t.ok(named.some(({ file }) => file === origin), `${origin} names a path`)
  }
  t.same(named.filter(({ path }) => !isThere(path)), [])
})

t.test('every file that a README names without its folder is below the folder of the README', async t => {
  const named = globSync('**/README.md', { cwd: root, exclude }).flatMap(file => [...read(file)
    .matchAll(/`([\w./-]+\.(?:ts|sh|py|sql|yml))`/g)].map(([, path]) => ({ file, path: path! })))
  t.ok(named.length > 40, `${named.length} names are found`)
  t.same(named.filter(({ file, path }) => !existsSync(join(root, path)) && globSync(`**/${path}`, { cwd: join(root, dirname(file)), exclude }).length === 0), [])
})

t.test('every process starts at services/*/main.ts', async t => {
  const processes = readdirSync(join(root, 'services'), { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => name)
  t.same(processes.sort(), ['ingestion-api', 'ingestion-worker', 'migrate', 'ops', 'rates-api'])
  for (const name of processes) t.ok(existsSync(join(root, 'services', name, 'main.ts')), name)
})

t.test('the map of the README links to every top folder', async t => {
  const map = /^## Find your way$([^]*)/m.exec(read('README.md'))![1]!
  const linked = new Set([...map.matchAll(/\]\(([\w-]+)/g)].map(([, name]) => name))
  t.same(ours.filter(name => !linked.has(name)), [])
})

t.test('the README of a folder has at most 20 lines', async t => {
  const files = globSync('{services,lib,infra,observability,dev,test/system}/**/README.md', { cwd: root, exclude })
  t.ok(files.length >= 15, `${files.length} files`)
  t.same(files.map(file => ({ file, lines: read(file).trimEnd().split('\n').length })).filter(({ lines }) => lines > 20), [])
})

t.test('every system suite has a README with its command and its duration', async t => {
  for (const suite of readdirSync(join(root, 'test/system'), { withFileTypes: true }).filter(entry => entry.isDirectory())) {
    const file = join('test/system', suite.name, 'README.md')
    t.ok(existsSync(join(root, file)) && /`(npm|node) [^`]+`/.test(read(file)) && /^Duration: /m.test(read(file)), file)
  }
})
