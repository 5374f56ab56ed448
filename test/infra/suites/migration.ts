import * as pulumi from '@pulumi/pulumi'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { refuseOtherEngine } from '../../../infra/components/database/engine-lock.ts'
import { Migration, refuseFailure } from '../../../infra/components/compute/migration.ts'
import type { OneOff } from '../../../infra/components/compute/one-off.ts'
import { runTask, type OneOffTask, type Outcome } from '../../../infra/run-task.ts'

const task: OneOffTask = {
  region: 'eu-west-1', cluster: 'cluster', taskDefinition: 'migrate:7', container: 'main', subnets: ['s'], securityGroups: ['g'], logGroup: 'migrate',
}
const fine: Outcome = { exitCode: 0, reason: '', log: [] }

export async function migration (t: Test): Promise<void> {
  const hookOf = async (run: (task: OneOffTask) => Promise<Outcome>): Promise<() => Promise<void>> => {
    await pulumi.runtime.setMocks({ newResource: ({ inputs }) => ({ id: '', state: inputs }), call: () => ({}) }, 'freight-rates', 'dev', false)
    const component = new Migration('dev', { task: { reference: pulumi.output(task), ready: [] } as unknown as OneOff, dependsOn: [], run })
    await pulumi.runtime.disconnect()
    return async () => component.hook.callback({} as pulumi.ResourceHookArgs)
  }
  await t.test('runs once for all services', async t => {
    const ran: string[] = []
    const hook = await hookOf(async ({ taskDefinition }) => { ran.push(taskDefinition); return fine })
    await Promise.all([hook(), hook(), hook()])
    t.same(ran, ['migrate:7'])
  })
  await t.test('fails every service with the end of the log', async t => {
    const hook = await hookOf(async () => ({ exitCode: 1, reason: 'Essential container exited', log: ['one', 'relation "x" exists'] }))
    await t.rejects(hook(), { message: /exit code 1[^]*relation "x" exists/ })
    await t.rejects(hook(), { message: /exit code 1/ })
    t.throws(() => refuseFailure({ exitCode: undefined, reason: 'CannotPullContainerError', log: [] }), { message: /did not run: CannotPullContainerError/ })
  })
  await t.test('an existing stack keeps its engine', async t => {
    t.doesNotThrow(() => refuseOtherEngine({ oldInputs: { insecureValue: 'postgres' }, newInputs: { insecureValue: 'postgres' } }))
    t.throws(() => refuseOtherEngine({ oldInputs: { insecureValue: 'postgres' }, newInputs: { insecureValue: 'aurora' } }), { message: /"postgres" and cannot become "aurora"/ })
  })
  await t.test('a task on ECS', runsTasks)
}

/** Starts stand-ins that respond as ECS and CloudWatch Logs. */
async function runsTasks (t: Test): Promise<void> {
  const calls: Array<[action: string, body: any]> = []
  const handlers: Record<string, (body: any) => unknown> = {
    RunTask: () => ({ tasks: [{ taskArn: 'arn:aws:ecs:eu-west-1:1:task/cluster/abc' }], failures: [] }),
    DescribeTasks: () => ({ tasks: [calls.filter(([action]) => action === 'DescribeTasks').length < 3 ? { lastStatus: 'RUNNING' } : stopped] }),
    GetLogEvents: ({ nextToken }) => ({ events: nextToken ? [] : [{ message: 'a' }, { message: 'b' }], nextForwardToken: 'f/1' }),
  }
  let stopped: any = { lastStatus: 'STOPPED', stoppedReason: 'Essential container in task exited', containers: [{ name: 'main', exitCode: 3 }] }
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString())
    const action = String(request.headers['x-amz-target']).split('.')[1]!
    calls.push([action, body])
    response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify(handlers[action]!(body)))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const before = { ...process.env }
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' })
  t.teardown(() => { process.env = before })
  const options = { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pollMs: 1 }

  t.same(await runTask(task, { ...options, command: ['node', 'x'] }), { exitCode: 3, reason: 'Essential container in task exited', log: ['a', 'b'] })
  t.match(calls[0]![1], {
    cluster: 'cluster', taskDefinition: 'migrate:7', launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration: { subnets: ['s'], assignPublicIp: 'DISABLED' } },
    overrides: { containerOverrides: [{ name: 'main', command: ['node', 'x'] }] },
  })
  t.match(calls.at(-1), ['GetLogEvents', { logGroupName: 'migrate', logStreamName: 'task/main/abc' }])

  stopped = { lastStatus: 'STOPPED', stoppedReason: 'CannotPullContainerError', containers: [{ name: 'main' }] }
  t.match(await runTask(task, options), { exitCode: undefined, reason: 'CannotPullContainerError' })
  handlers.RunTask = () => ({ tasks: [], failures: [{ reason: 'RESOURCE:MEMORY' }] })
  await t.rejects(runTask(task, options), { message: /did not start.*RESOURCE:MEMORY/ })
  handlers.RunTask = () => ({ tasks: [{ taskArn: 'arn:aws:ecs:eu-west-1:1:task/cluster/abc' }] })
  handlers.DescribeTasks = () => ({ tasks: [{ lastStatus: 'PENDING' }] })
  await t.rejects(runTask(task, { ...options, limitMs: 0 }), { message: /has not stopped after 0 s/ })
}
