import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { statementsOf } from './online.ts'

export type Migration = {
  number: number
  name: string
  text: string
  sha256: string
  /** Oldest release that works with this migration, from the line `--! breaking: 1.4.0`. Null without the line. */
  oldestRelease: string | null
  /** The statements of a migration with the line `--! no transaction`, each committed separately. */
  statements?: string[] | undefined
  /** True for a migration with the line `--! after conversion`: it needs all prices in the ledger by lane and month. */
  afterConversion?: boolean
}

const migrationsFolder = join(import.meta.dirname, '../../sql/migrations')

/** Returns the migrations of this release in order. Throws if numbers have gaps or repeat, as after a merge of two branches. */
export function readMigrations (folder = migrationsFolder): Migration[] {
  return readdirSync(folder).filter(file => file.endsWith('.sql')).sort().map((file, index) => {
    const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(file)?.[1])
    if (number !== index + 1) throw new Error(`sql/migrations/${file}: expected number ${String(index + 1).padStart(4, '0')}`)
    const text = readFileSync(join(folder, file), 'utf8')
    const breaking = /^--! breaking(.*)$/m.exec(text)
    const oldestRelease = breaking ? /^: (\d+\.\d+\.\d+)$/.exec(breaking[1]!)?.[1] : null
    if (oldestRelease === undefined) throw new Error(`sql/migrations/${file}: write "--! breaking: <oldest release that works with it>"`)
    const statements = /^--! no transaction$/m.test(text) ? statementsOf(text, file) : undefined
    return { number, name: file.slice(0, -4), text, sha256: createHash('sha256').update(text).digest('hex'), oldestRelease, statements, afterConversion: /^--! after conversion$/m.test(text) }
  })
}
