import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sha256 } from '../../harness/ingestion-api.ts'
import { secretArn } from '../../harness/secret-server.ts'
import { versionedSecret } from '../../harness/versioned-secret.ts'
import { fakePulumi } from '../fake-pulumi.ts'

const ops = {
  region: 'eu-west-1', cluster: 'cluster', taskDefinition: 'ops:4', container: 'ops', subnets: ['s'], securityGroups: ['g'], logGroup: 'ops-log',
}
const refused = 'http://127.0.0.1:1'
const caller = 'arn:aws:sts::123456789012:assumed-role/Operators/jane@example.com'
const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${caller}</Arn>
<UserId>AIDA:jane</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`

t.test('an operator\'s command runs as a task of the stack; its lines and its exit code are the command\'s', async t => {
  const aws = await standIn(t, { exitCode: 3 })
  const pulumi = fakePulumi(t, { prod: { oneOffTasks: { ops }, payloadBucket: 'payloads', batchesUrl: refused } })
  const run = await pulumi.npmRun('ops', ['--stack', 'prod', 'dead-letters', 'list', '--provider', 'demo'], { AWS_ENDPOINT_URL: aws.url })
  t.match(run, { code: 3, stdout: 'id  state\nabc dead_lettered\n' })
  t.match(aws.requestOf('RunTask'), { taskDefinition: /^ops$/, overrides: { containerOverrides: [{
    name: 'ops', command: ['node', 'services/ops/main.ts', 'dead-letters', 'list', '--provider', 'demo'],
    environment: [{ name: 'OPERATOR_ARN', value: caller }],
  }] } })
  t.match(aws.requestOf('GetLogEvents'), { logGroupName: 'ops-log', logStreamName: 'task/ops/abc' })
})

t.test('the identity is the one that STS names, and no task is started without one', async t => {
  const pulumi = fakePulumi(t, { prod: { oneOffTasks: { ops }, payloadBucket: 'payloads', batchesUrl: refused } })
  const show = ['--stack', 'prod', 'dead-letters', 'discard', 'x', '--why', 'y', '--by', 'z']
  const aws = await standIn(t, { exitCode: 0 })
  t.match(await pulumi.npmRun('ops', show, { AWS_ENDPOINT_URL: aws.url, OPERATOR_ARN: 'arn:aws:iam::123456789012:user/other' }), { code: 0, stderr: caller })
  t.match(aws.requestOf('RunTask'), { overrides: { containerOverrides: [{ environment: [{ name: 'OPERATOR_ARN', value: caller }] }] } })
  const nameless = await standIn(t, { exitCode: 0 }, '<ErrorResponse><Error><Code>ExpiredToken</Code><Message>it has expired</Message></Error></ErrorResponse>')
  t.match(await pulumi.npmRun('ops', show, { AWS_ENDPOINT_URL: nameless.url }), { code: 1, stderr: 'it has expired' })
  t.equal(nameless.requestOf('RunTask'), undefined)
})

t.test('a key is made at this terminal, and only its digest is sent', async t => {
  const secret = await versionedSecret(t, '[]')
  const aws = await standIn(t, { exitCode: 0 })
  const pulumi = fakePulumi(t, { prod: { oneOffTasks: { ops }, payloadBucket: 'payloads', batchesUrl: refused, apiKeysSecret: secretArn } })
  const env = { AWS_ENDPOINT_URL: aws.url, AWS_ENDPOINT_URL_SECRETS_MANAGER: secret.env.AWS_ENDPOINT_URL_SECRETS_MANAGER!, API_KEYS_FILE: '/nonexistent', AWS_REGION: 'us-east-1' }
  const run = await pulumi.npmRun('ops', ['--stack', 'prod', 'keys', 'add', 'acme', '--scope', 'submit'], env)
  t.match(run, { code: 0, stdout: /^[\w-]{43}\n$/ })
  t.match(JSON.parse(secret.value()!), [{ provider: 'acme', sha256: sha256(run.stdout.trim()) }])
  t.match(await pulumi.npmRun('ops', ['--stack', 'prod', 'keys', 'list'], env), { code: 0, stdout: 'acme' })
  t.equal(aws.requestOf('RunTask'), undefined)
})

t.test('docs/aws.md names the rights that the calls need', async t => {
  const [aws, secret] = [await standIn(t, { exitCode: 0 }), await versionedSecret(t, '[]')]
  const pulumi = fakePulumi(t, { prod: { oneOffTasks: { ops }, payloadBucket: 'payloads', batchesUrl: refused, apiKeysSecret: secretArn } })
  const env = { AWS_ENDPOINT_URL: aws.url, AWS_ENDPOINT_URL_SECRETS_MANAGER: secret.env.AWS_ENDPOINT_URL_SECRETS_MANAGER! }
  await pulumi.npmRun('ops', ['--stack', 'prod', 'dead-letters', 'list'], env)
  await pulumi.npmRun('ops', ['--stack', 'prod', 'keys', 'add', 'acme', '--scope', 'submit'], env)
  const services: Record<string, string> = { GetLogEvents: 'logs', RunTask: 'ecs', DescribeTasks: 'ecs' }
  const called = [...aws.actions().map(action => `${services[action]}:${action}`), ...secret.calls.map(action => `secretsmanager:${action}`)]
  const section = readFileSync(join(import.meta.dirname, '../../../docs/aws.md'), 'utf8').split('\n### IAM permissions of operators')[1]!.split('\n##')[0]!
  const named = [...section.matchAll(/`((?:ecs|iam|logs|secretsmanager):\w+)`/g)].map(([, action]) => action!)
  // RunTask passes the roles and copies the tags of the task definition.
  t.same([...new Set(named)].sort(), [...new Set([...called, 'ecs:TagResource', 'iam:PassRole'])].sort())
})

t.test('a task that never ran', async t => {
  const aws = await standIn(t, {})
  const pulumi = fakePulumi(t, { prod: { oneOffTasks: { ops }, payloadBucket: 'payloads', batchesUrl: refused } })
  t.match(await pulumi.npmRun('ops', ['--stack=prod', 'batches', 'show', 'x'], { AWS_ENDPOINT_URL: aws.url }), { code: 1, stderr: 'did not run: CannotPullContainerError' })
})

t.test('a file is sent from the terminal, to the address of the stack, with the sender\'s key', async t => {
  const requests: string[] = []
  const api = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    request.resume().on('end', () => response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"title":"Who is it?","detail":"Who is it?","status":401}'))
  })
  await new Promise<void>(resolve => api.listen(0, '127.0.0.1', resolve))
  t.teardown(() => api.close())
  const pulumi = fakePulumi(t, { prod: { oneOffTasks: { ops }, payloadBucket: 'payloads', batchesUrl: `http://127.0.0.1:${(api.address() as AddressInfo).port}` } })
  const submit = ['--stack', 'prod', 'batches', 'submit', join(import.meta.dirname, '../../../sql/reference/ports.csv')]
  t.match(await pulumi.npmRun('ops', submit, { API_KEY: 'key-of-mine' }), { code: 1, stderr: 'Who is it?' })
  t.same(requests, ['POST /batches Bearer key-of-mine'])
  t.match(await pulumi.npmRun('ops', submit), { code: 2, stderr: 'API_KEY is not set' })
})

t.test('reference data is at the terminal: the task reads a copy, which is deleted afterwards', async t => {
  const aws = await standIn(t, { exitCode: 0 })
  const pulumi = fakePulumi(t, { prod: { oneOffTasks: { ops }, payloadBucket: 'payloads', batchesUrl: refused } })
  const folder = t.testdirName // of the fake `pulumi`
  writeFileSync(join(folder, 'ports.csv'), 'code,name,parent_slug\nZZAAA,First,baltic\n')
  const load = (...args: string[]) => pulumi.npmRun('ops', ['--stack', 'prod', 'reference', 'load', ...args], { AWS_ENDPOINT_URL: aws.url })
  t.match(await load('--dry-run', '--ports', join(folder, 'ports.csv')), { code: 0 })
  const [put, removed, ...more] = aws.objects()
  t.match(put, { method: 'PUT', path: /^\/payloads\/operators\/[0-9a-f-]{36}\/ports$/, body: 'code,name,parent_slug\nZZAAA,First,baltic\n' })
  t.match(removed, { method: 'DELETE', path: put!.path })
  t.same(more, [])
  t.match(aws.requestOf('RunTask'), { overrides: { containerOverrides: [
    { command: ['node', 'services/ops/main.ts', 'reference', 'load', '--dry-run', '--ports', `s3:/${put!.path}`] },
  ] } })
  t.match(await load(`--ports=${join(folder, 'ports.csv')}`, `--regions=${join(folder, 'none.csv')}`), { code: 1, stderr: 'none.csv cannot be read: ENOENT' })
  t.same(aws.objects().map(({ method }) => method), ['PUT', 'DELETE', 'PUT', 'DELETE'], 'no copy remains')
})

t.test('refused commands', async t => {
  const pulumi = fakePulumi(t, { prod: {} })
  t.match(await pulumi.npmRun('ops', ['--stack', 'prod', 'batches', 'show', 'x']), { code: 1, stderr: 'is not up' })
  const keyless = fakePulumi(t, { prod: { oneOffTasks: { ops }, payloadBucket: 'payloads', batchesUrl: refused } })
  t.match(await keyless.npmRun('ops', ['--stack', 'prod', 'keys', 'list']), { code: 1, stderr: 'apiKeysSecret' }, 'and not the keys of another system')
  t.match(await pulumi.npmRun('ops', ['--stack']), { code: 2, stderr: 'takes the name of a stack' })
  t.match(await pulumi.npmRun('ops', ['--help']), { code: 0, stdout: '--stack NAME' })
  t.match(await pulumi.npmRun('ops', ['--stack', 'prod', 'dead-letters', 'redrive', '--help']), { code: 0, stdout: '--why TEXT' })
  t.match(await pulumi.npmRun('ops', ['--stack', 'prod', 'dead-letters', 'redrive', 'x']), { code: 2, stderr: '--why TEXT is missing' }, 'before a task is started')
  t.match(await pulumi.npmRun('ops', ['--stack', 'prod', 'nonsense']), { code: 2, stderr: 'There is no command "nonsense"' })
  t.match(await fakePulumi(t, {}, ['stack output']).npmRun('ops', ['--stack', 'prod', 'batches', 'show', 'x']), { code: 255, stderr: 'so it is' })
})

/** Starts stand-ins that respond as ECS, CloudWatch Logs, STS and S3. */
async function standIn (t: Test, container: { exitCode?: number }, sts = identity) {
  const calls: Array<[action: string, body: any]> = []
  const handlers: Record<string, (body: any) => unknown> = {
    RunTask: () => ({ tasks: [{ taskArn: 'arn:aws:ecs:eu-west-1:1:task/cluster/abc' }], failures: [] }),
    DescribeTasks: () => ({ tasks: [{ lastStatus: 'STOPPED', stoppedReason: 'CannotPullContainerError', containers: [{ name: 'ops', ...container }] }] }),
    GetLogEvents: ({ nextToken }) => ({ events: nextToken ? [] : [{ message: 'id  state' }, { message: 'abc dead_lettered' }], nextForwardToken: 'f/1' }),
  }
  const objects: Array<{ method: string, path: string, body: string }> = []
  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString()
    if (text.includes('Action=GetCallerIdentity')) {
      response.writeHead(sts === identity ? 200 : 403, { 'content-type': 'text/xml' }).end(sts)
      return
    }
    if (!request.headers['x-amz-target']) {
      objects.push({ method: request.method!, path: request.url!.split('?')[0]!, body: text })
      response.writeHead(request.method === 'DELETE' ? 204 : 200).end()
      return
    }
    const body = JSON.parse(text)
    const action = String(request.headers['x-amz-target']).split('.')[1]!
    calls.push([action, body])
    response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify(handlers[action]!(body)))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requestOf: (action: string) => calls.find(([name]) => name === action)?.[1], objects: () => objects, actions: () => calls.map(([name]) => name) }
}
