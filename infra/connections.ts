import type { Settings } from './config-schema.ts'

/** Memory of the sizes below `large`, in GiB. `large` has 16 GiB (db.r*) or 8 GiB (others); each next size has twice as much. */
const smallGiB: Record<string, number> = { micro: 1, small: 2, medium: 4 }

/** Returns the memory of an instance class, in GiB; undefined for an unknown class. */
export function memoryGiB ({ instanceClass, maxAcu }: Settings['database']): number | undefined {
  if (instanceClass === 'db.serverless') return maxAcu * 2
  const [, family = '', size = ''] = instanceClass.split('.')
  const larges = size === 'large' ? 1 : size === 'xlarge' ? 2 : 2 * Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? NaN)
  const memory = smallGiB[size] ?? larges * (family.startsWith('r') ? 16 : 8)
  return Number.isNaN(memory) ? undefined : memory
}

/** Returns `max_connections` of each host. RDS's default is about 110 for each GiB, but RDS first subtracts the memory of the operating system. */
export const maxConnections = (database: Settings['database']): number => Math.min(5_000, Math.floor((memoryGiB(database) ?? 0) * 85))

/**
 * Returns the most connections that one host may have to carry. Every process counts at its maximum of tasks.
 * All of them count twice, because old and new tasks run side by side during a deployment.
 * Each host counts for all of the rates API, because the rates API uses the primary when replicas are unavailable.
 */
export function connectionsNeeded ({ rates, ingestion, worker }: Pick<Settings, 'rates' | 'ingestion' | 'worker'>): number {
  const atStart = 1 // the check of the schema's version
  const perWorker = worker.concurrency * 2 + 6 + atStart
  const services = rates.maxTasks * (rates.poolSize + atStart) + ingestion.maxTasks * (ingestion.poolSize + atStart) + worker.maxTasks * perWorker
  const migrator = 3
  const operators = 5
  const reserved = 10 // superusers, RDS itself, replication
  return services * 2 + migrator + operators + reserved
}
