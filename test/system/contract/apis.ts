import type { Release } from '../drill/release.ts'
import { startTask, type Program, type Task } from '../drill/task.ts'
import { apiKeys } from './callers.ts'

const nowhere = 'http://127.0.0.1:1'
const noDatabase = { DATABASE_URL: 'postgres://nobody:nothing@127.0.0.1:1/freight' }

/** The processes that receive the exchanges: both APIs, and the same with fewer dependencies, so that refusals can be provoked. */
export const apis = {
  rates: { program: 'rates-api', env: {} },
  'rates with keys': { program: 'rates-api', env: { RATES_KEYS_REQUIRED: 'true' } },
  'rates without database': { program: 'rates-api', env: noDatabase },
  ingestion: { program: 'ingestion-api', env: { BATCH_MAX_PER_MINUTE: '600' } },
  'ingestion with low limits': {
    program: 'ingestion-api',
    env: { BATCH_MAX_BYTES: '2000', BATCH_MAX_DECODED_BYTES: '4000', BATCH_MAX_PER_MINUTE: '2', BODY_IDLE_MS: '200' },
  },
  'ingestion without database': { program: 'ingestion-api', env: { ...noDatabase, BATCH_MAX_PER_MINUTE: '600' } },
  'ingestion without store and queue': { program: 'ingestion-api', env: { AWS_ENDPOINT_URL: nowhere, BATCH_MAX_PER_MINUTE: '600' } },
  'ingestion without queue': { program: 'ingestion-api', env: { QUEUE_URL: `${nowhere}/000000000000/no-such-queue.fifo`, BATCH_MAX_PER_MINUTE: '600' } },
} as const satisfies Record<string, { program: Program, env: Record<string, string> }>
export type ApiName = keyof typeof apis

export type Apis = { urls: Record<ApiName, string>, stop: () => Promise<void> }

/** Starts the APIs from the folder of a release, with the keys of a run. The caller starts the worker. */
export async function startApis (release: Release, environments: Record<Program, Record<string, string>>, run: string): Promise<Apis> {
  const tasks = new Map<ApiName, Task>()
  const stop = async (): Promise<void> => { await Promise.all([...tasks.values()].map(task => task.stop(5_000))) }
  await Promise.all(Object.entries(apis).map(async ([name, { program, env }]) => {
    tasks.set(name as ApiName, await startTask(release, program, { ...environments[program], API_KEYS: apiKeys(run), ...env }))
  }))
  try {
    await Promise.all([...tasks.values()].map(listening))
  } catch (error) {
    await stop()
    throw error
  }
  return { urls: Object.fromEntries([...tasks].map(([name, { url }]) => [name, url])) as Apis['urls'], stop }
}

/** Waits until a process listens. Some processes never become ready, because they lack a dependency that readiness checks. */
async function listening (task: Task): Promise<void> {
  while (!await fetch(`${task.url}/live`).then(({ ok }) => ok, () => false)) {
    if (!task.running()) throw new Error(`a process of the contract exited:\n${task.output()}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
