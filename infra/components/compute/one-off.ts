import * as pulumi from '@pulumi/pulumi'
import type { OneOffTask } from '../../run-task.ts'
import { Task, type TaskArgs } from './task.ts'

export interface OneOffArgs extends Omit<TaskArgs, 'listens'> {
  database: { allowFrom: (name: string, clients: Task['group'], parent: pulumi.Resource) => pulumi.Resource[] }
}

/** A task that runs once: the migrator, or an operator's command. */
export class OneOff extends pulumi.ComponentResource {
  /** Everything that is needed to run the task. */
  readonly reference: pulumi.Output<OneOffTask>
  readonly task: Task
  readonly ready: pulumi.Resource[]

  constructor (name: string, args: OneOffArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:OneOff', name, {}, opts)
    const { platform } = args
    this.task = new Task(name, { ...args, listens: false }, { parent: this })
    this.ready = [...this.task.ready, ...args.database.allowFrom(name, this.task.group, this)]
    this.reference = pulumi.output({
      region: platform.region,
      cluster: platform.clusterArn,
      taskDefinition: this.task.arn,
      container: this.task.container,
      subnets: platform.subnetIds,
      securityGroups: [this.task.group.id, platform.awsClients.id],
      logGroup: this.task.logGroup,
    })
    this.registerOutputs({ reference: this.reference })
  }
}
