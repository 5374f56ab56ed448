import * as pulumi from '@pulumi/pulumi'
import { onlineLimitMs } from '../../../lib/migrations/online.ts'
import { runTask, type OneOffTask, type Outcome } from '../../run-task.ts'
import { resourceHook } from '../database/hook.ts'
import type { OneOff } from './one-off.ts'

export interface MigrationArgs {
  task: OneOff
  /** Resources that the task needs before it can start. */
  dependsOn: pulumi.Resource[]
  /** Runs a task until it has stopped; a test supplies its own function. */
  run?: (task: OneOffTask) => Promise<Outcome>
}

/**
 * Migrates the database to the new release before any service uses it. Pulumi runs `hook` before a service is created or changed.
 * The hook of the first service starts the migrator, and the others wait for the same run. If the migrator fails, `up` fails and no
 * service has changed. The next `up` tries again, since the services' change is still pending. A preview never runs the hook.
 */
export class Migration extends pulumi.ComponentResource {
  readonly hook: pulumi.ResourceHook
  /** Resources that services depend on, so that the hook finds a task that can run. */
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

/** Time limit of the slowest migration, which builds indexes without a transaction, plus half an hour for the rest and the task's start. */
const withinLimit = (task: OneOffTask): Promise<Outcome> => runTask(task, { limitMs: onlineLimitMs + 1_800_000 })

/** Resolves to the value of an output. The value is known when the hook runs, because the services depend on all of its parts. */
const resolveOutput = (task: pulumi.Output<OneOffTask>): Promise<OneOffTask> => new Promise(resolve => { task.apply(resolve) })

/** Throws with the last lines of the log unless the exit code is 0. */
export function refuseFailure ({ exitCode, reason, log }: Outcome): void {
  if (exitCode === 0) return
  const how = exitCode === undefined ? `did not run: ${reason}` : `failed with exit code ${exitCode}${reason ? ` (${reason})` : ''}`
  throw new pulumi.RunError(`The migration ${how}. No service has changed; the next \`pulumi up\` tries again. The last lines of its log:\n${log.join('\n')}`)
}
