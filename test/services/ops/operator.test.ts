// The actor: what the audit records of an operator's command, on AWS and in other places.
import { userInfo } from 'node:os'
import t, { type Test } from 'tap'
import { aws } from '../../harness/aws.ts'
import { database, type TestDatabase } from '../../harness/database.ts'
import { ecsMetadata } from '../../harness/ecs-metadata.ts'
import { ops, type Run } from '../../harness/ops.ts'

const caller = 'arn:aws:sts::123456789012:assumed-role/Operators/jane@example.com'
const task = 'arn:aws:ecs:eu-west-1:123456789012:task/prod/0123456789abcdef0123456789abcdef'
const user = userInfo().username

type It = {
  db: TestDatabase, id: string, env: Record<string, string>
  act: (env: Record<string, string>, ...args: string[]) => Promise<Run>, state: () => Promise<string>
}

/** Creates a dead letter, and runs `ops dead-letters discard` on it. */
async function deadLetter (t: Test): Promise<It> {
  const db = await database(t)
  const id = 'a'.repeat(64)
  await db.migrator`
    insert into batches (id, provider, mode, state, format, digest, bytes, accepted_at, dead_lettered_at)
    values (${id}, 'demo', 'apply', 'dead_lettered', 'csv', ${id}, 1, now(), now())`
  const common = { ...(await aws(t)).env, DATABASE_URL: db.url('ops') }
  return {
    db, id, env: common,
    act: (env, ...args) => ops(['dead-letters', 'discard', id, '--why', 'it is of no use', ...args], { ...common, ...env }),
    state: async () => (await db.migrator`select state from batches`)[0]!.state,
  }
}

async function actions (it: It): Promise<unknown> {
  const run = await ops(['dead-letters', 'show', it.id], it.env)
  return JSON.parse(run.stdout).actions
}

t.test('in a task: the identity that called, the task itself, and --by beside them', async t => {
  const it = await deadLetter(t)
  const { uri } = await ecsMetadata(t, task)
  t.match(await it.act({ ECS_CONTAINER_METADATA_URI_V4: uri, OPERATOR_ARN: caller }, '--by', 'Ada of the provider'), { code: 0, stdout: 'discarded' })
  t.match(await actions(it), [{ action: 'discard', actor: 'Ada of the provider', caller, task, reason: 'it is of no use' }])
  t.match(JSON.parse((await ops(['batches', 'show', it.id], it.env)).stdout), { actions: [{ caller, task }] })
})

t.test('in a task without --by the actor is the identity; without OPERATOR_ARN the task, by which CloudTrail names the identity', async t => {
  const { uri } = await ecsMetadata(t, task)
  const named = await deadLetter(t)
  t.match(await named.act({ ECS_CONTAINER_METADATA_URI_V4: uri, OPERATOR_ARN: caller }), { code: 0 })
  t.match(await actions(named), [{ actor: caller, caller, task }])
  const nameless = await deadLetter(t)
  t.match(await nameless.act({ ECS_CONTAINER_METADATA_URI_V4: uri }), { code: 0 })
  t.match(await actions(nameless), [{ actor: task, caller: null, task }])
})

t.test('in a task that cannot be identified the command changes nothing', async t => {
  const it = await deadLetter(t)
  const silent = await ecsMetadata(t, null)
  t.match(await it.act({ ECS_CONTAINER_METADATA_URI_V4: silent.uri, OPERATOR_ARN: caller }), { code: 1, stderr: 'TaskARN' })
  silent.close()
  t.match(await it.act({ ECS_CONTAINER_METADATA_URI_V4: silent.uri, OPERATOR_ARN: caller }), { code: 1, stderr: 'ECONNREFUSED' })
  const { uri } = await ecsMetadata(t, task)
  t.match(await it.act({ ECS_CONTAINER_METADATA_URI_V4: uri, OPERATOR_ARN: 'jane' }), { code: 2, stderr: 'OPERATOR_ARN' })
  t.equal(await it.state(), 'dead_lettered')
  t.same(await actions(it), [])
})

t.test('in other places: the user, whatever the environment says, and --by beside the user', async t => {
  const it = await deadLetter(t)
  t.match(await it.act({ OPERATOR_ARN: caller }, '--by', 'somebody'), { code: 0 })
  t.match(await actions(it), [{ actor: 'somebody', caller: user, task: null }])
  const other = await deadLetter(t)
  t.match(await other.act({}), { code: 0 })
  t.match(await actions(other), [{ actor: user, caller: user, task: null }])
})
