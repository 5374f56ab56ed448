import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found!)

t.test('every fault of docs/reliability.md has one row, in order', async t => {
  const numbers = matches(read('docs/reliability.md'), /^\| (\d+) \|/gm).map(Number)
  t.same(numbers, numbers.map((_, index) => index + 1))
})

t.test('every test file of docs/reliability.md is named by its path, and exists', async t => {
  const files = matches(read('docs/reliability.md'), /`([^` ]+\.ts)`/g)
  t.ok(files.length > 100, `${files.length} names are found`)
  t.same(files.filter(file => !existsSync(join(root, file))), [])
})

t.test('each part of the changelog has each heading once, and each line once', async t => {
  for (const part of read('CHANGELOG.md').split(/^## /m).slice(1)) {
    for (const found of [matches(part, /^### (.*)$/gm), matches(part, /^- (.*)$/gm)]) t.same(found, [...new Set(found)])
  }
})

t.test('the decisions are numbered without gaps, each headed with its number and listed once', async t => {
  const files = readdirSync(join(root, 'docs/decisions')).filter(name => /^\d/.test(name)).sort()
  t.same(files.map(name => Number(name.slice(0, 4))), files.map((_, index) => index + 1))
  for (const name of files) t.match(read(`docs/decisions/${name}`), new RegExp(`^# ${name.slice(0, 4)} `), name)
  t.same(matches(read('docs/decisions/README.md'), /\]\((\d{4}-[^)]+)\)/g).sort(), files)
})

t.test('every decision that a file names exists under that name', async t => {
  const files = globSync('**/*.{md,ts,sql,yml}', { cwd: root, exclude: ['**/node_modules', '.git'] })
  const named = files.flatMap(file => matches(read(file), /\b(\d{4}-[a-z0-9-]+\.md)\b/g).map(name => ({ file, name })))
  t.ok(named.length > 100, `${named.length} names are found`)
  const records = readdirSync(join(root, 'docs/decisions'))
  t.same(named.filter(({ name }) => !records.includes(name)), [])
})
