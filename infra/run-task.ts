import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { DescribeTasksCommand, ECSClient, RunTaskCommand, type Task } from '@aws-sdk/client-ecs'
import { setTimeout as pause } from 'node:timers/promises'
import { followLog } from './task-log.ts'

/** A one-off task, and where it runs. Each member of the stack's output `oneOffTasks` has this shape. */
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
  /** Replaces the command of the task definition. */
  command?: string[]
  /** Variables in addition to those of the task definition. */
  environment?: Record<string, string>
  /** Maximum run time, in milliseconds. */
  limitMs?: number
  /** Time between two polls, in milliseconds. */
  pollMs?: number
  /** Receives each line of the task's log. */
  onLog?: (line: string) => void
  /** Address of an AWS emulator. */
  endpoint?: string
}

export interface Outcome {
  /** Exit code of the process; undefined if the process never ran. */
  exitCode: number | undefined
  /** Why ECS stopped the task. */
  reason: string
  /** The last lines of the log, oldest first. */
  log: string[]
}

/** Runs a Fargate task until it has stopped. Throws if the task cannot be started, or has not stopped after `limitMs`. */
export async function runTask (
  task: OneOffTask, { command, environment, limitMs = 1_800_000, pollMs = 3_000, onLog = () => {}, endpoint }: RunOptions = {}
): Promise<Outcome> {
  const client = { region: task.region, ...(endpoint ? { endpoint } : {}) }
  const ecs = new ECSClient(client)
  const { tasks = [], failures = [] } = await ecs.send(new RunTaskCommand({
    cluster: task.cluster,
    taskDefinition: task.taskDefinition,
    launchType: 'FARGATE',
    count: 1,
    networkConfiguration: { awsvpcConfiguration: { subnets: task.subnets, securityGroups: task.securityGroups, assignPublicIp: 'DISABLED' } },
    propagateTags: 'TASK_DEFINITION',
    ...(command || environment ? { overrides: { containerOverrides: [{ name: task.container, command, environment: listOf(environment) }] } } : {}),
  }))
  const taskArn = tasks[0]?.taskArn
  if (!taskArn) throw new Error(`ECS did not start ${task.taskDefinition}: ${failures.map(({ reason, detail }) => detail ?? reason).join(', ') || 'without a reason'}`)

  const log = followLog(new CloudWatchLogsClient(client), { ...task, taskArn }, onLog)
  const deadline = Date.now() + limitMs
  let stoppedTask: Task | undefined
  for (;;) {
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: task.cluster, tasks: [taskArn] }))
    await log.read()
    if (stoppedTask) break
    if (tasks[0]?.lastStatus === 'STOPPED') stoppedTask = tasks[0] // the log is read once more: its last lines arrive after the stop
    else if (Date.now() > deadline) throw new Error(`${taskArn} has not stopped after ${Math.round(limitMs / 1_000)} s and is still running`)
    await pause(pollMs)
  }
  const container = stoppedTask.containers?.find(({ name }) => name === task.container)
  return { exitCode: container?.exitCode, reason: container?.reason ?? stoppedTask.stoppedReason ?? '', log: log.lastLines }
}

const listOf = (environment: Record<string, string> = {}) => Object.entries(environment).map(([name, value]) => ({ name, value }))
