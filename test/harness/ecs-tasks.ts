import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { childEnvironment } from './child-environment.ts'

type Override = { name: string, command: string[], environment?: Array<{ name: string, value: string }> }
type TaskResult = { exitCode: number | null, lines: string[] }

const root = join(import.meta.dirname, '../..')

/**
 * Starts ECS and CloudWatch Logs for one-off tasks. A task's command runs as a local process in the environment of its task definition, and its
 * lines are the log. Resolves with the address.
 */
export async function ecsTasks (t: Test, environment: Record<string, string>): Promise<string> {
  const tasks = new Map<string, Promise<TaskResult>>()
  const handlers: Record<string, (body: any) => Promise<unknown>> = {
    async RunTask ({ overrides: { containerOverrides: [override] } }: { overrides: { containerOverrides: [Override] } }) {
      const id = `task${tasks.size}`
      tasks.set(id, run(override, environment))
      return { tasks: [{ taskArn: `arn:aws:ecs:eu-west-1:1:task/cluster/${id}` }], failures: [] }
    },
    async DescribeTasks ({ tasks: [arn] }: { tasks: [string] }) {
      const { exitCode } = await tasks.get(arn.split('/').at(-1)!)!
      return { tasks: [{ lastStatus: 'STOPPED', containers: [{ name: 'main', exitCode }] }] }
    },
    async GetLogEvents ({ logStreamName, nextToken }: { logStreamName: string, nextToken?: string }) {
      const { lines } = await tasks.get(logStreamName.split('/').at(-1)!)!
      return { events: nextToken ? [] : lines.map(message => ({ message })), nextForwardToken: 'f/1' }
    },
  }
  const server = createServer(async (request, response) => {
    const body = await text(request)
    if (body.includes('Action=GetCallerIdentity')) {
      response.setHeader('content-type', 'text/xml').end('<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
        '<Arn>arn:aws:sts::111111111111:assumed-role/operator/somebody</Arn><UserId>x</UserId><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>')
      return
    }
    const action = String(request.headers['x-amz-target']).split('.')[1]!
    response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify(await handlers[action]!(JSON.parse(body))))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function run ({ command: [, ...args], environment = [] }: Override, own: Record<string, string>): Promise<TaskResult> {
  const variables = Object.fromEntries(environment.map(({ name, value }) => [name, value]))
  return new Promise(resolve => {
    const child = spawn(process.execPath, args, { cwd: root, env: { ...childEnvironment, ...own, ...variables }, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => { output += chunk })
    child.once('close', exitCode => resolve({ exitCode, lines: output.trimEnd().split('\n') }))
  })
}
