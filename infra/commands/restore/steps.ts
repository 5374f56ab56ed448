import type { StackState } from '../stack-state.ts'
import { adoptCluster, exchangeClusters, makeCluster, removeCluster } from './cluster.ts'
import { adoptInstance, exchangeInstances, makeInstance, removeInstance } from './instance.ts'
import { readLiving } from './current-database.ts'
import { deploy, migrate, replay, startWorker, stopWorker } from './services.ts'
import { scriptOf, type Step, type Wanted } from './step.ts'

export interface Asked {
  to: string
  source: string | undefined
  now: Date
}

/** The script that restores a stack's database. */
export function stepsOf (stack: string, state: StackState, { to, source, now }: Asked): string {
  const living = readLiving(stack, state)
  const { engine, name, region } = living
  // Each restore puts another one aside.
  const wanted: Wanted = { to, source: source ?? name, restored: `${name}-restored`, aside: `${name}-aside-${now.toISOString().slice(0, 16).replace(/\D/g, '')}` }
  const ofEngine = engine === 'aurora'
    ? { make: makeCluster, exchange: exchangeClusters, adopt: adoptCluster, remove: removeCluster }
    : { make: makeInstance, exchange: exchangeInstances, adopt: adoptInstance, remove: removeInstance }
  const steps: Step[] = [
    ...ofEngine.make(living, wanted),
    stopWorker(living),
    ...ofEngine.exchange(living, wanted),
    ofEngine.adopt(living),
    deploy(living),
    migrate(living),
    replay(living, to),
    startWorker(living),
    ofEngine.remove(living, wanted),
  ]
  return `${scriptOf([
    `The database of the stack "${stack}" (${engine === 'aurora' ? 'cluster' : 'instance'} ${name}) as it was at ${to}.`,
    'For bash, in this folder, with the release that is deployed checked out, and credentials of the account. Run one step after',
    'the other. After an error read it, remove its cause, and go on at the command that failed. docs/restoring.md has the reasons.',
  ], [])}export AWS_REGION=${region} AWS_DEFAULT_REGION=${region} AWS_PAGER=''
${scriptOf([], steps)}`
}
