import { spawn } from 'node:child_process'
import { isHttpReady } from './http-ready.ts'
import { childEnvironment } from './processes/environment.ts'
import { nodeArguments } from './processes/find.ts'
import { openOutput } from './processes/output.ts'
import { supervise, type Program } from './processes/supervise.ts'
import type { Run } from './run.ts'
import type { RunningSystem } from './running-system.ts'
import { clone } from './settings.ts'
import type { State } from './state/folder.ts'

/** Maximum time to exit after SIGTERM, in milliseconds. A batch that takes longer resumes at the next start. */
const stopLimitMs = 10_000

/** Starts the three processes in parallel. Each is ready when its `/ready` answers 200. */
export async function startServices (state: State, system: RunningSystem, logLevel: string, run: Run): Promise<void> {
  const { addresses, metrics, environment, databaseUrls } = system
  await supervise([
    service('rates-api', addresses.ratesApi, metrics.ratesApi, databaseUrls.rates_api),
    service('ingestion-api', addresses.ingestionApi, metrics.ingestionApi, databaseUrls.ingestion_api),
    service('ingestion-worker', addresses.worker, metrics.worker, databaseUrls.ingestion_worker, { FINISH_MS: String(stopLimitMs - 2_000), RECEIVE_SECONDS: '1' }),
  ], run)
  for (const [name, address] of [['rates-api', addresses.ratesApi], ['ingestion-api', addresses.ingestionApi], ['ingestion-worker', addresses.worker]] as const) {
    run.reporter.step(name, `ready on ${address}`)
  }

  function service (name: string, address: string, metricsAddress: string, databaseUrl: string, own: Record<string, string> = {}): Program {
    const output = openOutput(name, run.reporter)
    const ports = { PORT: new URL(address).port, METRICS_PORT: new URL(metricsAddress).port }
    const env = childEnvironment({ ...environment, ...ports, DATABASE_URL: databaseUrl, HOST: '127.0.0.1', LOG_LEVEL: logLevel, ...own })
    return {
      name,
      spawn: () => output.read(spawn(process.execPath, nodeArguments(state, `services/${name}/main.ts`), { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })),
      isReady: () => isHttpReady(`${address}/ready`),
      output,
      stopSignal: 'SIGTERM',
      stopLimitMs,
    }
  }
}
