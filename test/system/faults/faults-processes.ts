import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { corruptProvider } from './batches.ts'
import type { Fault } from './fault.ts'
import type { System } from './system.ts'

const stopAndStart = (of: (system: System) => System['all'], signal: 'SIGKILL' | 'SIGTERM'): Fault => async ({ system, pick, holdFor }) => {
  const service = pick(of(system))
  await service.kill(signal)
  await holdFor(0, 1_000)
  service.start() // it starts while the next faults are injected
  return { detail: service.name }
}

const bothWorkers: Fault = async ({ system, holdFor }) => {
  await Promise.all(system.workers.map(worker => worker.kill('SIGKILL')))
  await holdFor(0, 500)
  for (const worker of system.workers) worker.start()
}

/** Freezes a worker: its messages become visible to the other worker, and it later continues without knowing. */
const freezeWorker: Fault = async ({ system, pick, holdFor }) => {
  const worker = pick(system.workers)
  worker.freeze(true)
  await holdFor(2_500, 4_500)
  worker.freeze(false)
  return { detail: worker.name }
}

const killEmulator: Fault = async ({ system, holdFor }) => {
  await system.emulator.kill('SIGKILL')
  ageBrokenMessages(system)
  await holdFor(0, 1_500)
  await system.startEmulator()
}

const freezeEmulator: Fault = async ({ system, holdFor }) => {
  system.emulator.freeze(true)
  await holdFor(500, 2_500)
  system.emulator.freeze(false)
}

/** Ages the messages of batches that cannot be applied: ten deliveries with their back-off would take a quarter of an hour. */
export function ageBrokenMessages ({ emulatorData }: System): void {
  const messages = new DatabaseSync(join(emulatorData, 'sqs', 'fauxqs.db'))
  messages.prepare(`
    update sqs_messages set approximate_receive_count = max(approximate_receive_count, 9), visibility_deadline = null, receipt_handle = null
    where message_group_id = ? and queue_name = 'batches.fifo' and approximate_receive_count > 0`).run(corruptProvider)
  messages.close()
}

export const processFaults: Record<string, { weight: number, fault: Fault }> = {
  'kill -9 a worker': { weight: 8, fault: stopAndStart(({ workers }) => workers, 'SIGKILL') },
  'kill -9 both workers': { weight: 2, fault: bothWorkers },
  'SIGTERM a worker': { weight: 5, fault: stopAndStart(({ workers }) => workers, 'SIGTERM') },
  'kill -9 an API': { weight: 4, fault: stopAndStart(({ ingestionApi, ratesApi }) => [ingestionApi, ingestionApi, ratesApi], 'SIGKILL') },
  'SIGTERM an API': { weight: 3, fault: stopAndStart(({ ingestionApi, ratesApi }) => [ingestionApi, ingestionApi, ratesApi], 'SIGTERM') },
  'a worker stands still': { weight: 4, fault: freezeWorker },
  'kill -9 the emulator': { weight: 4, fault: killEmulator },
  'store and queue stand still': { weight: 3, fault: freezeEmulator },
}
