import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { TObject } from 'typebox'
import { Config as IngestionApi } from '../../services/ingestion-api/config.ts'
import { Config as IngestionWorker } from '../../services/ingestion-worker/config.ts'
import { Config as Migrate } from '../../services/migrate/config.ts'
import { Config as RatesApi } from '../../services/rates-api/config.ts'
import { problems } from '../../services/runtime/problem.ts'

const docs = join(import.meta.dirname, '../../docs')

const processes: Record<string, TObject> = {
  'Rates API': RatesApi, 'Ingestion API': IngestionApi, 'Ingestion worker': IngestionWorker, Migrate,
}

/** `npm run docs` runs this file with UPDATE_DOCS=1: the code is the source, the tables are what it says. */
t.test('the tables of the docs are those of the code', async t => {
  await compare(t, 'configuration.md', Object.entries(processes).map(([name, schema]) => `## ${name}\n\n${configuration(schema)}`).join('\n\n'))
  await compare(t, 'errors.md', errors())
})

function configuration (schema: TObject): string {
  const required = new Set(schema.required as string[])
  const rows = Object.entries(schema.properties as Record<string, { description?: string, default?: unknown }>).map(([name, property]) => {
    const value = property.default !== undefined ? `\`${String(property.default)}\`` : required.has(name) ? 'needed' : 'not set'
    return `| \`${name}\` | ${value} | ${(property.description ?? '').replaceAll('|', '\\|')} |`
  })
  return ['| variable | default | what it is |', '| --- | --- | --- |', ...rows].join('\n')
}

function errors (): string {
  const rows = Object.entries(problems).map(([code, { status, title }]) => `| \`/problems/${code}\` | ${status} | ${title} |`)
  return ['| type | status | title |', '| --- | --- | --- |', ...rows].join('\n')
}

async function compare (t: Test, name: string, table: string): Promise<void> {
  const file = join(docs, name)
  const text = await readFile(file, 'utf8')
  const [begin, end] = ['<!-- from the code -->\n\n', '\n\n<!-- end -->']
  const before = text.slice(0, text.indexOf(begin) + begin.length)
  const after = text.slice(text.lastIndexOf(end))
  if (process.env.UPDATE_DOCS) await writeFile(file, before + table + after)
  t.equal(await readFile(file, 'utf8'), before + table + after, `docs/${name} is out of date: run \`npm run docs\` and commit the result`)
}
