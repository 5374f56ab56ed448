import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { DescribeTasksCommand, ECSClient, RunTaskCommand, type Task } from '@aws-sdk/client-ecs'
import { setTimeout as pause } from 'node:timers/promises'

/** A task to run to its end, and where. The stack's outputs `migrate` and `ops` have this shape. */
export interface OneOffTask {
  region: string
  cluster: string
  taskDefinition: string
  container: string
  subnets: string[]
  securityGroups: string[]
  logGroup: string
}

export interface RunOptions {
  /** In place of the task definition's own. */
  command?: string[]
  /** How long it may take, in milliseconds. */
  limitMs?: number
  /** Between two looks, in milliseconds. */
  pollMs?: number
  /** Address of a stand-in for AWS. */
  endpoint?: string
}

export interface Outcome {
  /** Of the process; undefined where it never ran. */
  exitCode: number | undefined
  /** Why ECS stopped it. */
  reason: string
  /** The end of its log, oldest line first. */
  log: string[]
}

/** Runs a Fargate task to its end. Throws when it cannot be started, or has not ended after `limitMs`. */
export async function runTask (task: OneOffTask, { command, limitMs = 1_800_000, pollMs = 3_000, endpoint }: RunOptions = {}): Promise<Outcome> {
  const client = { region: task.region, ...(endpoint ? { endpoint } : {}) }
  const ecs = new ECSClient(client)
  const { tasks = [], failures = [] } = await ecs.send(new RunTaskCommand({
    cluster: task.cluster,
    taskDefinition: task.taskDefinition,
    launchType: 'FARGATE',
    count: 1,
    networkConfiguration: { awsvpcConfiguration: { subnets: task.subnets, securityGroups: task.securityGroups, assignPublicIp: 'DISABLED' } },
    propagateTags: 'TASK_DEFINITION',
    ...(command ? { overrides: { containerOverrides: [{ name: task.container, command }] } } : {}),
  }))
  const taskArn = tasks[0]?.taskArn
  if (!taskArn) throw new Error(`ECS did not start ${task.taskDefinition}: ${failures.map(({ reason, detail }) => detail ?? reason).join(', ') || 'it says no reason'}`)

  const ended = await untilStopped(ecs, task, taskArn, limitMs, pollMs)
  const container = ended.containers?.find(({ name }) => name === task.container)
  return {
    exitCode: container?.exitCode,
    reason: container?.reason ?? ended.stoppedReason ?? '',
    log: await endOfLog(new CloudWatchLogsClient(client), task, taskArn),
  }
}

async function untilStopped (ecs: ECSClient, { cluster }: OneOffTask, taskArn: string, limitMs: number, pollMs: number): Promise<Task> {
  const endsAt = Date.now() + limitMs
  for (;;) {
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [taskArn] }))
    if (tasks[0]?.lastStatus === 'STOPPED') return tasks[0]
    if (Date.now() > endsAt) throw new Error(`${taskArn} has not ended after ${Math.round(limitMs / 1_000)} s and goes on`)
    await pause(pollMs)
  }
}

/** The log may be empty, or not be there at all, when the image could not even be started. */
async function endOfLog (logs: CloudWatchLogsClient, { logGroup, container }: OneOffTask, taskArn: string): Promise<string[]> {
  try {
    const { events = [] } = await logs.send(new GetLogEventsCommand({
      logGroupName: logGroup, logStreamName: `task/${container}/${taskArn.split('/').at(-1)}`, limit: 50, startFromHead: false,
    }))
    return events.map(({ message }) => message ?? '')
  } catch (error) {
    return [`(no log: ${(error as Error).message})`]
  }
}
