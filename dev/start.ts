import './node-version.js'
import { join } from 'node:path'
import { readStartArguments } from './arguments.ts'
import { startEmulatorProcess } from './emulator/start.ts'
import { bucket, deadLetterQueue, queue, queueUrl, region } from './emulator/resources.ts'
import { migrate } from './migrate.ts'
import { startPostgres } from './postgres/start.ts'
import { stopProcesses, killProcesses } from './processes/stop.ts'
import { startWatchdog } from './processes/watchdog.ts'
import { runUntilSignal, type Run } from './run.ts'
import { publishSystem, type RunningSystem } from './running-system.ts'
import { sendSample } from './sample.ts'
import { startServices } from './services.ts'
import { clone, readSettings } from './settings.ts'
import { removeOrphanedState } from './state/orphaned-state.ts'
import { openState, type State } from './state/folder.ts'
import { writeKeys } from './state/keys.ts'
import { takeLock } from './state/lock.ts'
import { checkApiPorts, choosePorts } from './state/ports.ts'
import { resetState } from './state/reset.ts'
import { logins, readPasswords, type Login } from './state/secrets.ts'
import { openReporter } from './reporter.ts'
import { formatStartupSummary } from './startup-summary.ts'

/** `npm start`: runs the system on this machine until SIGINT or SIGTERM. What starts first stops last. */
const { reset } = readStartArguments(process.argv.slice(2))
let state: State | undefined
await runUntilSignal(openReporter(), start, async () => { if (state) await killProcesses(state) })

async function start (run: Run): Promise<void> {
  const settings = readSettings(process.env)
  state = openState(settings.stateDir)
  run.onStop(takeLock(state))
  run.reporter.step('state', state.folder)
  const leftover = await stopProcesses(state)
  if (leftover.length > 0) run.reporter.step('cleared', `${leftover.length} processes of an earlier run stopped`)
  if (reset) run.reporter.step('reset', resetState(state, join(clone, '.state')) > 0 ? `the data in ${state.folder} was deleted` : 'there was no data')
  if (removeOrphanedState(state, settings.stateDir)) run.reporter.step('state', 'empty: the state of a removed clone was deleted')
  await checkApiPorts(settings)
  const ports = await choosePorts(state, settings)
  const passwords = readPasswords(state)

  run.onStop(() => stopProcesses(state!))
  await startWatchdog(state, settings.stateDir, run)
  const server = await startPostgres(state, ports.postgres, passwords.postgres, run)
  const endpoint = await startEmulatorProcess(state, ports.emulator, run)
  const urlOf = (login: Login): string => `postgres://${login}:${passwords[login]}@127.0.0.1:${ports.postgres}/${login === 'postgres' ? 'postgres' : 'freight'}`
  await migrate(state, server, urlOf, passwords, run)

  const system: RunningSystem = {
    addresses: {
      ratesApi: `http://127.0.0.1:${settings.ratesApiPort}`,
      ingestionApi: `http://127.0.0.1:${settings.ingestionApiPort}`,
      worker: `http://127.0.0.1:${ports.worker}`,
    },
    metrics: {
      ratesApi: `http://127.0.0.1:${ports.ratesApiMetrics}/metrics`,
      ingestionApi: `http://127.0.0.1:${ports.ingestionApiMetrics}/metrics`,
      worker: `http://127.0.0.1:${ports.workerMetrics}/metrics`,
    },
    databaseUrls: Object.fromEntries(logins.map(login => [login, urlOf(login)])) as Record<Login, string>,
    environment: {
      ENVIRONMENT: 'local',
      DATABASE_URL: urlOf('ops'),
      QUEUE_URL: queueUrl(endpoint, queue),
      DEAD_LETTER_QUEUE_URL: queueUrl(endpoint, deadLetterQueue),
      PAYLOAD_BUCKET: bucket,
      AWS_REGION: region,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      API_KEYS_FILE: await writeKeys(state),
      API_KEYS_SECONDS: '1',
    },
  }
  run.onStop(publishSystem(state, system))
  await startServices(state, system, settings.logLevel, run)
  const sampleId = settings.sampleData ? await sendSample(system.addresses.ingestionApi, run) : undefined
  run.reporter.print(formatStartupSummary(system, state, sampleId))
}
