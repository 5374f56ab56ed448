import type { Settings } from './config-schema.ts'

/** Sizes of db.r*: large has 16 GiB, each next one twice that; db.m* has half, db.t4g its own. */
const smallGiB: Record<string, number> = { micro: 1, small: 2, medium: 4 }

/** Memory of an instance class, in GiB; undefined for one that is not known. */
export function memoryGiB ({ instanceClass, maxAcu }: Settings['database']): number | undefined {
  if (instanceClass === 'db.serverless') return maxAcu * 2
  const [, family = '', size = ''] = instanceClass.split('.')
  const larges = size === 'large' ? 1 : size === 'xlarge' ? 2 : 2 * Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? NaN)
  const memory = smallGiB[size] ?? larges * (family.startsWith('r') ? 16 : 8)
  return Number.isNaN(memory) ? undefined : memory
}

/** `max_connections` that each host is given: RDS's own default is about 110 for each GiB, of which the system takes its share first. */
export const maxConnections = (database: Settings['database']): number => Math.min(5_000, Math.floor((memoryGiB(database) ?? 0) * 85))

/**
 * The most connections that one host may have to carry: every process at its most, twice, since old and new tasks run side by side
 * during a deployment. Each host counts for all of the rates API, for it falls back to the primary when replicas are lost.
 */
export function connectionsNeeded ({ rates, ingestion, worker }: Pick<Settings, 'rates' | 'ingestion' | 'worker'>): number {
  const atStart = 1 // looks whether it may work on this schema
  const perWorker = worker.concurrency * 2 + 3 + atStart
  const services = rates.maxTasks * (rates.poolSize + atStart) + ingestion.maxTasks * (ingestion.poolSize + atStart) + worker.maxTasks * perWorker
  const migrator = 3
  const operators = 5
  const reserved = 10 // superusers, RDS itself, replication
  return services * 2 + migrator + operators + reserved
}
