import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'

const [begin, end] = ['<!-- from the code -->\n\n', '\n\n<!-- end -->']

/** Asserts that the generated part of docs/`name` is `table`. With UPDATE_DOCS=1, as `npm run docs` sets it, writes the table to the document. */
export async function compare (t: Test, name: string, table: string): Promise<void> {
  const file = join(import.meta.dirname, '../../docs', name)
  const text = await readFile(file, 'utf8')
  const before = text.slice(0, text.indexOf(begin) + begin.length)
  const after = text.slice(text.lastIndexOf(end))
  if (process.env.UPDATE_DOCS) await writeFile(file, before + table + after)
  t.equal(await readFile(file, 'utf8'), before + table + after, `docs/${name} is out of date: run \`npm run docs\` and commit the result`)
}
