import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { differences } from '../../infra/commands/running-tasks.ts'

/** What GitHub's workflows promise; they run nowhere else. */
type Step = { uses?: string, run?: string, with?: Record<string, string>, env?: Record<string, string> }
type Job = {
  needs?: string | string[], environment?: string, permissions?: Record<string, string>, concurrency?: { group: string, 'cancel-in-progress': boolean }
  'timeout-minutes'?: number, if?: string, steps: Step[]
}
type Workflow = { on: Record<string, unknown>, permissions?: Record<string, string>, concurrency?: { group: string }, jobs: Record<string, Job> }

const github = join(import.meta.dirname, '../../.github')
const read = (path: string): any => parse(readFileSync(join(github, path), 'utf8'))
const workflows = new Map(readdirSync(join(github, 'workflows')).map(name => [name, read(`workflows/${name}`) as Workflow]))
const actions = new Map(readdirSync(join(github, 'actions')).map(name => [name, read(`actions/${name}/action.yml`).runs.steps as Step[]]))
const jobs = [...workflows].flatMap(([name, workflow]) => Object.entries(workflow.jobs).map(([job, is]) => ({ title: `${name} ${job}`, is })))
const steps = [...jobs.flatMap(({ is }) => is.steps), ...[...actions.values()].flat()]
const ci = workflows.get('ci.yml')!.jobs
const needsOf = (job: string): string[] => [ci[job]!.needs ?? []].flat()
/** A job's steps with those of the actions in this repository in their place. */
const stepsOf = (list: Step[]): Step[] => list.flatMap(step => {
  const own = step.uses?.startsWith('./') && actions.get(step.uses.split('/').at(-1)!)
  return own ? stepsOf(own) : [step]
})
const place = (list: Step[], pattern: RegExp): number => list.findIndex(({ run = '' }) => pattern.test(run))

t.test('each action has a version; by a commit, or as one of those known by a major version alone', async t => {
  const used = steps.flatMap(({ uses }) => uses ?? [])
  t.ok(used.length > 10)
  for (const uses of used.filter(uses => !uses.startsWith('./'))) t.match(uses, /^(actions|aws-actions)\/[\w-]+@[0-9a-f]{40}$|^pulumi\/actions@v\d+$/)
  for (const uses of used.filter(uses => uses.startsWith('./'))) t.ok(actions.has(uses.split('/').at(-1)!), uses)
})

t.test('permissions: reading unless a job says more, and a token of AWS where it is used alone', async t => {
  for (const [name, { permissions, concurrency }] of workflows) {
    t.same(permissions, { contents: 'read' }, name)
    t.ok(concurrency?.group, `${name}: concurrency`)
  }
  for (const { title, is } of jobs) {
    const aws = stepsOf(is.steps).some(({ uses }) => uses?.startsWith('aws-actions/'))
    t.equal(is.permissions?.['id-token'] ?? 'none', aws ? 'write' : 'none', title)
    const others = Object.entries(is.permissions ?? {}).filter(([name, level]) => level === 'write' && name !== 'id-token').map(([name]) => name)
    t.same(others, title === 'ci.yml preview' ? ['pull-requests'] : [], title)
    t.ok(is['timeout-minutes'], `${title}: a limit`)
    for (const { uses, with: given } of is.steps) if (uses?.startsWith('actions/checkout')) t.equal(given?.['persist-credentials'], false, title)
  }
  const text = JSON.stringify([...workflows.values(), ...actions.values()])
  t.notMatch(text, /AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|aws-access-key-id|pull_request_target/)
  for (const { run = '' } of steps) t.notMatch(run, /\$\{\{/, 'no expression in a script: what a branch is named would run')
})

t.test('one build; prod has what staging accepted', async t => {
  const builds = jobs.filter(({ is }) => stepsOf(is.steps).some(({ run = '' }) => /docker (buildx )?build /.test(run)))
  t.same(builds.map(({ title }) => title), ['ci.yml image'])
  t.match(needsOf('staging').sort(), ['check', 'image'])
  t.ok(needsOf('prod').includes('staging') && needsOf('prod').includes('prod-preview') && needsOf('prod-preview').includes('staging'))
  t.equal(ci.staging!.if, "github.event_name == 'push'")
  for (const stack of ['staging', 'prod']) {
    const job = ci[stack]!
    t.equal(job.environment, stack, 'the environment that the role trusts')
    t.match(job.concurrency, { group: stack, 'cancel-in-progress': false })
    t.notOk(job.if?.includes('always()'))
    const deploy = job.steps.find(({ uses }) => uses === './.github/actions/deploy')
    t.match(deploy?.with, { stack, digest: '${{ needs.image.outputs.digest }}' }) // eslint-disable-line no-template-curly-in-string
  }
  const all = stepsOf(ci.staging!.steps)
  const up = place(all, /pulumi up/)
  t.ok(up >= 0 && place(all, /acceptance\/run\.ts/) > up, 'acceptance after the deployment, in the job that prod needs')
  t.match(all[up]!.run, /pulumi up [^\n]+\n(.*\n)*node infra\/commands\/running\.ts/, 'then what runs is looked at')
  t.notOk(Object.keys(ci).some(job => !['staging', 'prod'].includes(job) && stepsOf(ci[job]!.steps).some(({ run = '' }) => /pulumi (up|destroy)/.test(run))))
})

t.test('drift: each lasting stack, expired copies, and nothing is changed', async t => {
  const { on, jobs } = workflows.get('drift.yml')!
  t.match(on.schedule, [{ cron: /^\d+ \d+ \* \* \*$/ }])
  t.ok(place(jobs.stack!.steps, /pulumi preview .*--refresh --expect-no-changes/) > 0)
  t.ok(place(jobs.copies!.steps, /npm run stack -- list --expired/) > 0)
  for (const job of Object.values(jobs)) {
    t.equal(job.steps.find(({ uses }) => uses === './.github/actions/stack')?.with?.role, 'preview')
    t.equal(job.environment, undefined, 'no approval is waited for')
  }
})

t.test('what runs is compared with what was deployed', async t => {
  const expected = { taskDefinition: 'arn:aws:ecs:eu-west-1:1:task-definition/rates:8', digest: 'sha256:b' }
  const task = { taskArn: 'task/1', taskDefinitionArn: expected.taskDefinition, containers: [{ imageDigest: 'sha256:b' }] }
  t.same(differences(expected, [task]), [])
  t.same(differences(expected, [{ ...task, containers: [{}] }]), [])
  t.equal(differences(expected, []).length, 1)
  t.equal(differences(expected, [task, { ...task, taskDefinitionArn: 'arn:aws:ecs:eu-west-1:1:task-definition/rates:7' }]).length, 1)
  t.equal(differences(expected, [{ ...task, containers: [{ imageDigest: 'sha256:a' }] }]).length, 1)
})
