import { setTimeout as wait } from 'node:timers/promises'
import type { Fault, FaultContext } from './fault.ts'
import type { ProxiedService, System } from './system.ts'

type Side = 'postgres' | 'aws'

const someOf = ({ system, pick }: FaultContext): ProxiedService[] => pick([[pick(system.all)], system.workers, system.all])

const cut = (side: Side): Fault => async context => {
  const services = someOf(context)
  for (const service of services) service[side].cut()
  return { detail: names(services) }
}

const refuse = (side: Side): Fault => async context => {
  const services = someOf(context)
  for (const service of services) service[side].refuse(true)
  await context.holdFor(300, 2_000)
  for (const service of services) service[side].refuse(false)
  return { detail: names(services) }
}

/** Simulates a peer that disappears without a FIN: open connections stay silent, and new connections work after the fault. */
const silence = (side: Side): Fault => async context => {
  const services = someOf(context)
  for (const service of services) service[side].silence(true)
  await context.holdFor(300, 2_000)
  for (const service of services) service[side].silence(false)
  return { detail: names(services) }
}

/** Sets a trap in front of each process and sends batches through it. Resolves with the first process that was caught. */
function trapFirst (of: ProxiedService[], side: Side, label: string, where: 'before' | 'after', { more, correct }: FaultContext): Promise<ProxiedService | null> {
  return new Promise(resolve => {
    const over = new AbortController()
    const timer = setTimeout(settle, 3_000, null)
    function settle (caught: ProxiedService | null): void {
      clearTimeout(timer)
      over.abort()
      resolve(caught)
    }
    for (const service of of) service[side].trap(label, where, over.signal, () => settle(service))
    more(2)
    if (label === 'correction') correct(2)
  })
}

const cutAtCommit = (where: 'before' | 'after', label = 'commit'): Fault => async context => {
  const caught = await trapFirst(context.system.workers, 'postgres', label, where, context)
  return { detail: caught ? `${caught.name}: cut` : 'no commit was sent' }
}

/** Kills a process with kill -9 at this call: before the other side receives the call, or after, so that the response is lost. */
const killAt = (of: (system: System) => ProxiedService[], side: Side, label: string): Fault => async context => {
  const where = context.pick(['before', 'after'] as const)
  const caught = await trapFirst(of(context.system), side, label, where, context)
  if (!caught) return { detail: 'no such call was sent' }
  if (where === 'after') await wait(50) // the call must reach the other side before the process is killed
  await caught.kill('SIGKILL')
  await context.holdFor(0, 500)
  caught.start()
  return { detail: `${caught.name} ${where}` }
}

const names = (services: ProxiedService[]): string => services.map(({ name }) => name).join(', ')
const api = ({ ingestionApi }: System): ProxiedService[] => [ingestionApi]
const workers = (system: System): ProxiedService[] => system.workers

export const connectionFaults: Record<string, { weight: number, fault: Fault }> = {
  'connections to PostgreSQL cut': { weight: 8, fault: cut('postgres') },
  'connections to PostgreSQL refused': { weight: 3, fault: refuse('postgres') },
  'connections to PostgreSQL half-open': { weight: 4, fault: silence('postgres') },
  'cut before COMMIT': { weight: 5, fault: cutAtCommit('before') },
  'cut after COMMIT': { weight: 7, fault: cutAtCommit('after') },
  'cut before COMMIT of a correction': { weight: 3, fault: cutAtCommit('before', 'correction') },
  'cut after COMMIT of a correction': { weight: 3, fault: cutAtCommit('after', 'correction') },
  'connections to store and queue cut': { weight: 8, fault: cut('aws') },
  'connections to store and queue refused': { weight: 3, fault: refuse('aws') },
  'connections to store and queue half-open': { weight: 3, fault: silence('aws') },
  'kill -9 at COMMIT': { weight: 4, fault: killAt(workers, 'postgres', 'commit') },
  'kill -9 at COMMIT of a correction': { weight: 6, fault: killAt(workers, 'postgres', 'correction') },
  'kill -9 in the middle of merging': { weight: 5, fault: killAt(workers, 'postgres', 'merge') },
  'kill -9 at DeleteMessage': { weight: 4, fault: killAt(workers, 'aws', 'delete') },
  'kill -9 at SendMessage': { weight: 4, fault: killAt(api, 'aws', 'send') },
  'kill -9 at the manifest': { weight: 3, fault: killAt(api, 'aws', 'manifest') },
  'kill -9 at the pending record': { weight: 2, fault: killAt(api, 'aws', 'pending') },
}
