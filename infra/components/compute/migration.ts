import * as pulumi from '@pulumi/pulumi'
import { onlineLimitMs } from '../../../lib/migrations/online.ts'
import { runTask, type OneOffTask, type Outcome } from '../../run-task.ts'
import { resourceHook } from '../database/hook.ts'
import type { OneOff } from './one-off.ts'

export interface MigrationArgs {
  task: OneOff
  /** What the task needs before it can start. */
  dependsOn: pulumi.Resource[]
  /** How a task is run to its end; a test brings its own. */
  run?: (task: OneOffTask) => Promise<Outcome>
}

/**
 * Brings the database to the new release before any service takes it. `hook` is run by Pulumi before a service is made or changed:
 * the first service's starts the migrator and the others wait for the same run. When it fails, `up` fails, no service has changed, and
 * the next `up` tries again, since the services' own change is still to be made. Never in a preview.
 */
export class Migration extends pulumi.ComponentResource {
  readonly hook: pulumi.ResourceHook
  /** What services depend on, so that the hook finds a task that can run. */
  readonly ready: pulumi.Resource[]

  constructor (name: string, args: MigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Migration', name, {}, opts)
    const { task, dependsOn, run = withinLimit } = args
    let once: Promise<void> | undefined
    this.hook = resourceHook(`${name}-migration`, () => {
      once ??= resolveOutput(task.reference).then(run).then(refuseFailure)
      return once
    })
    this.ready = [...dependsOn, ...task.ready]
    this.registerOutputs({})
  }
}

/** A migration that builds indexes without a transaction is the slowest; the rest, and the start of the task, have half an hour. */
const withinLimit = (task: OneOffTask): Promise<Outcome> => runTask(task, { limitMs: onlineLimitMs + 1_800_000 })

/** The value of an output that is known by the time the hook runs: the services depend on all of it. */
const resolveOutput = (task: pulumi.Output<OneOffTask>): Promise<OneOffTask> => new Promise(resolve => { task.apply(resolve) })

/** Throws with the end of the log unless the process ended well. */
export function refuseFailure ({ exitCode, reason, log }: Outcome): void {
  if (exitCode === 0) return
  const how = exitCode === undefined ? `did not run: ${reason}` : `failed with exit code ${exitCode}${reason ? ` (${reason})` : ''}`
  throw new pulumi.RunError(`The migration ${how}. No service has changed; the next \`pulumi up\` tries again. The last lines of its log:\n${log.join('\n')}`)
}
