import type { StackState } from '../stack-state.ts'
import { adoptCluster, exchangeClusters, createCluster, removeCluster } from './cluster.ts'
import { adoptInstance, exchangeInstances, createInstance, removeInstance } from './instance.ts'
import { readCurrentDatabase } from './current-database.ts'
import { deploy, migrate, replay, startWorker, stopWorker } from './services.ts'
import { scriptOf, type Step, type RestoreTarget } from './step.ts'

export interface RestoreRequest {
  to: string
  source: string | undefined
  now: Date
}

/** Returns the script that restores a stack's database. */
export function stepsOf (stack: string, state: StackState, { to, source, now }: RestoreRequest): string {
  const current = readCurrentDatabase(stack, state)
  const { engine, name, region } = current
  // The time is part of the name, because each restore renames another database.
  const target: RestoreTarget = { to, source: source ?? name, restored: `${name}-restored`, aside: `${name}-aside-${now.toISOString().slice(0, 16).replace(/\D/g, '')}` }
  const ofEngine = engine === 'aurora'
    ? { create: createCluster, exchange: exchangeClusters, adopt: adoptCluster, remove: removeCluster }
    : { create: createInstance, exchange: exchangeInstances, adopt: adoptInstance, remove: removeInstance }
  const steps: Step[] = [
    ...ofEngine.create(current, target),
    stopWorker(current),
    ...ofEngine.exchange(current, target),
    ofEngine.adopt(current),
    deploy(current),
    migrate(current),
    replay(current, to),
    startWorker(current),
    ofEngine.remove(current, target),
  ]
  return `${scriptOf([
    `The database of the stack "${stack}" (${engine === 'aurora' ? 'cluster' : 'instance'} ${name}) as it was at ${to}.`,
    'For bash, in this folder, with the deployed release checked out, and credentials of the account. Run one step after',
    'the other. After an error, remove its cause, and continue with the command that failed. docs/restoring.md has the reasons.',
  ], [])}export AWS_REGION=${region} AWS_DEFAULT_REGION=${region} AWS_PAGER=''
${scriptOf([], steps)}`
}
