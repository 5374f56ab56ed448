import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const clone = join(import.meta.dirname, '../../..')

/** A release of the project: its version, and the folder that its processes run from. */
export type Release = { version: string, folder: string }

/**
 * Copies this code under another version, with one more migration for each of `migrations`. The migrations only expand the schema, as the previous
 * release requires.
 */
export function makeRelease (parent: string, version: string, migrations: number): Release {
  const folder = join(parent, version)
  mkdirSync(folder)
  for (const name of ['lib', 'services', 'sql']) cpSync(join(clone, name), join(folder, name), { recursive: true })
  symlinkSync(join(clone, 'node_modules'), join(folder, 'node_modules'))
  const manifest = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8')) as { version: string }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version }))
  const first = readdirSync(join(clone, 'sql/migrations')).length + 1
  for (let number = 1; number <= migrations; number++) {
    const name = `${String(first + number - 1).padStart(4, '0')}-drill-${number}.sql`
    writeFileSync(join(folder, 'sql/migrations', name), expanding(number))
  }
  return { version, folder }
}

/** Returns the version of a revision. The migrator compares it with the releases that migrations need. */
export const versionAt = (revision: string): string =>
  (JSON.parse(execFileSync('git', ['show', `${revision}:package.json`], { cwd: clone, encoding: 'utf8' })) as { version: string }).version

/** Checks out an earlier revision. Its dependencies are linked from here if its package-lock.json is the same, and installed otherwise. */
export function checkOutRelease (parent: string, version: string, revision: string): Release {
  const folder = join(parent, version)
  mkdirSync(folder)
  const git = (...args: string[]): Buffer => execFileSync('git', args, { cwd: clone, maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'] })
  const sources = ['lib', 'services', 'sql', 'package.json', 'package-lock.json'].filter(name => git('ls-tree', revision, name).length > 0)
  execFileSync('tar', ['-x', '-C', folder], { input: git('archive', revision, ...sources) })
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version }))
  const lockedIn = (at: string): string => JSON.stringify({ ...lockAt(at), version: null, packages: { ...lockAt(at).packages, '': null } })
  if (lockedIn(folder) === lockedIn(clone)) symlinkSync(join(clone, 'node_modules'), join(folder, 'node_modules'))
  else execFileSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
  return { version, folder }
}

const lockAt = (folder: string) => JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as { packages: object }

/** Locks every table that reads and batches use, one after the other. */
const expanding = (number: number): string => `
  alter table unmerged_prices add column drill_${number} text not null default 'USD';
  alter table merged_sums add column drill_${number} text;
  alter table ledger_position add column drill_${number} text;
  alter table batches add column drill_${number} text;
  create index batches_drill_${number} on batches (drill_${number});
  alter table batch_attempts add column drill_${number} text;
`
