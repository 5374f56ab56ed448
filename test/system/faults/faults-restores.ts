import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Fault } from './fault.ts'
import { operate, operateUntilDone, type Trap } from './operate.ts'
import type { System } from './system.ts'

/** Faults whose commits a restore loses. */
const lostFaults = 30
const [copied, restored] = ['PostgreSQL stopped for a copy', 'database restored to the copy'] as const

/** Adds restores to an order of faults: one in each part of equal length, and the copy that it restores 30 faults before, or fewer in a short run. */
export function withRestores (names: readonly string[], restores: number): string[] {
  const part = Math.floor(names.length / restores)
  const lost = Math.min(lostFaults, Math.floor(part / 2))
  return names.flatMap((name, index) => {
    const place = restores === 0 || index >= restores * part ? -1 : index % part
    return [...(place === Math.floor(part * 0.8) - lost ? [copied] : []), ...(place === Math.floor(part * 0.8) ? [restored] : []), name]
  })
}

/** Returns the folders of the database, each with that of its copy. */
const foldersOf = ({ server: { cluster: { dataDir } }, disk }: System): Array<[folder: string, copy: string]> =>
  [[dataDir, join(dirname(dataDir), 'copy')], ...(disk ? [[disk.space, join(dirname(dataDir), 'copy-of-disk')] as [string, string]] : [])]

/** Replaces the contents of `to`. The folder itself stays: it may be that of a tablespace. */
function replaceFolder (from: string, to: string): void {
  execFileSync('find', [to, '-mindepth', '1', '-delete'])
  execFileSync('cp', ['-a', `${from}/.`, to])
}

const copiedAt = new WeakMap<System, Date>()

const copyDatabase: Fault = async ({ system }) => {
  await system.server.stop('SIGINT')
  for (const [folder, copy] of foldersOf(system)) {
    rmSync(copy, { recursive: true, force: true })
    execFileSync('cp', ['-a', folder, copy])
  }
  copiedAt.set(system, new Date())
  await system.server.start()
}

/** Where the first run of `batches replay` may be killed. */
const calls: readonly Trap[] = [
  { side: 'aws', label: 'send', where: 'before' }, { side: 'aws', label: 'send', where: 'after' },
  { side: 'postgres', label: 'commit', where: 'after' }, { side: 'postgres', label: 'correction', where: 'before' }, { side: 'postgres', label: 'removal', where: 'after' },
]

/**
 * Loses the database and restores the copy, as docs/restoring.md says: workers are stopped first, and the rates API too, so that no purged price is
 * served. The ingestion API goes on: it accepts batches and corrections without a database, and then beside the replay.
 */
const restoreDatabase: Fault = async ({ system, more, correct, forget, pick, holdFor }) => {
  const since = copiedAt.get(system)
  if (!since) return { detail: 'skipped: no copy' }
  const stopped = [...system.workers, system.ratesApi]
  await Promise.all(stopped.map(service => service.kill('SIGTERM')))
  await system.server.stop('SIGQUIT')
  more(2)
  correct(1)
  await holdFor(500, 2_000)
  for (const [folder, copy] of foldersOf(system)) replaceFolder(copy, folder)
  await system.server.start()
  correct(1)
  const args = ['batches', 'replay', '--since', since.toISOString()]
  const { output: listed } = await operateUntilDone(system, [...args, '--dry-run'], 20)
  const trap = pick(calls)
  const { isKilled } = await operate(system, args, trap)
  const { code, output } = await operateUntilDone(system, args, 20)
  if (code !== 0) throw new Error(`batches replay failed: ${output}`)
  forget()
  for (const service of stopped) service.start()
  const counts = listed.match(/^(all .*|\d+ .* again\.)$/gm)?.join(', ').replace(/ +/g, ' ') ?? 'no batch is lost'
  const killed = isKilled ? `killed ${trap.where} ${trap.label}` : 'not killed'
  return { detail: `lost, interrupted, decided, expired: ${counts} The first run was ${killed}`, since: since.getTime() * 1_000 }
}

export const restoreFaults: Record<string, { weight: number, fault: Fault }> = {
  [copied]: { weight: 0, fault: copyDatabase },
  [restored]: { weight: 0, fault: restoreDatabase },
}
