import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { differences } from '../../infra/commands/running-tasks.ts'
import { expandSteps, type Files, problemsOf, type Step, type Workflow } from './workflow-rules.ts'

/** GitHub's workflows run nowhere else: this test checks their text. */
const github = join(import.meta.dirname, '../../.github')
const textOf = (path: string): string => readFileSync(join(github, path), 'utf8')
const read = (path: string): any => parse(textOf(path))
const files: Files = new Map([
  ...readdirSync(join(github, 'workflows')).map(name => `workflows/${name}`), ...readdirSync(join(github, 'actions')).map(name => `actions/${name}/action.yml`),
].map(path => [path, textOf(path)]))
const workflows = new Map(readdirSync(join(github, 'workflows')).map(name => [name, read(`workflows/${name}`) as Workflow]))
const actions = new Map(readdirSync(join(github, 'actions')).map(name => [name, read(`actions/${name}/action.yml`).runs.steps as Step[]]))
const jobs = [...workflows].flatMap(([name, workflow]) => Object.entries(workflow.jobs).map(([job, is]) => ({ title: `${name} ${job}`, is })))
const steps = [...jobs.flatMap(({ is }) => is.steps), ...[...actions.values()].flat()]
const ci = workflows.get('ci.yml')!.jobs
const needsOf = (job: string): string[] => [ci[job]!.needs ?? []].flat()
const stepsOf = (list: Step[]): Step[] => expandSteps(list, actions)
const place = (list: Step[], pattern: RegExp): number => list.findIndex(({ run = '' }) => pattern.test(run))

t.test('the actions and permissions of the workflows', async t => {
  t.ok(steps.filter(({ uses }) => uses).length > 10)
  t.same(problemsOf(files), [])
})

t.test('refused changes', async t => {
  const pinned = 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1'
  const changed = (name: string, from: string | RegExp, to: string): Files => {
    const text = files.get(name)!
    t.ok(typeof from === 'string' ? text.includes(from) : from.test(text), `${name} has ${from}`)
    return new Map([...files, [name, text.replace(from, to)]])
  }
  const ci = 'workflows/ci.yml'
  for (const [what, broken] of [
    ['a major version', changed(ci, pinned, 'actions/checkout@v7')],
    ['a branch', changed(ci, pinned, 'pulumi/actions@main')],
    ['a short commit', changed(ci, pinned, 'actions/checkout@3d3c42e # v7.0.1')],
    ['a commit without its version', changed(ci, pinned, pinned.split(' ')[0]!)],
    ['a version that moves beside a commit', changed(ci, pinned, pinned.replace('v7.0.1', 'v7'))],
    ['a step in flow style', changed(ci, `      - uses: ${pinned}`, `      - { uses: actions/checkout@v7 }\n      - uses: ${pinned}`)],
    ['an image by its tag', changed(ci, '    steps:', '    container: node:24\n    steps:')],
    ['an action that is an image', changed(ci, pinned, 'docker://alpine:3')],
    ['another repository\'s workflow', changed(ci, '  staging:\n', '  other:\n    uses: example/other/.github/workflows/ci.yml@main\n  staging:\n')],
    ['a tool after the credentials', changed('actions/deploy/action.yml', '    - name: Scan\n', '    - shell: bash\n      run: curl https://example.com/tool | sh\n    - name: Scan\n')],
    ['an action after the credentials', changed('actions/deploy/action.yml', '    - name: Scan\n', `    - uses: ${pinned}\n    - name: Scan\n`)],
    ['credentials before the tools', changed(ci, '      - uses: ./.github/actions/tools\n      - id: stack\n        uses: ./.github/actions/stack\n        with: { stack: staging, role: preview }\n',
      '      - id: stack\n        uses: ./.github/actions/stack\n        with: { stack: staging, role: preview }\n      - uses: ./.github/actions/tools\n')],
    ['scripts of packages where credentials may be taken', changed('actions/tools/action.yml', 'npm ci --ignore-scripts', 'npm ci')],
    ['a download that nothing checks', changed('actions/tools/action.yml', /^.*sha256sum.*\n/m, '')],
    ['plugins that are downloaded later', changed('actions/tools/action.yml', /^.*DISABLE_AUTOMATIC_PLUGIN.*\n/m, '')],
    ['a right that nothing needs', changed(ci, '      id-token: write\n', '      id-token: write\n      packages: write\n')],
    ['a token of AWS that nothing takes', changed(ci, '    timeout-minutes: 30\n', '    timeout-minutes: 30\n    permissions: { contents: read, id-token: write }\n')],
    ['code beside the right to write', changed(ci, '      pull-requests: write\n    steps:\n', `      pull-requests: write\n    steps:\n      - uses: ${pinned}\n`)],
    ['all rights', changed(ci, 'permissions:\n  contents: read\n', 'permissions: write-all\n')],
    ['rights by default', changed(ci, 'permissions:\n  contents: read\n', '')],
    ['a checkout that keeps its token', changed(ci, /persist-credentials: false/, 'fetch-depth: 1')],
    ['an expression in a script', changed(ci, '"$REGISTRY/freight@$DIGEST"', '"${{ github.head_ref }}"')], // eslint-disable-line no-template-curly-in-string
    ['code of a fork with our rights', changed(ci, '  pull_request:\n', '  pull_request_target:\n')],
    ['no limit of time', changed(ci, '    timeout-minutes: 30\n', '')],
    ['a key of AWS', changed('actions/stack/action.yml', 'role-to-assume', 'aws-access-key-id')],
  ] as const) t.not(problemsOf(broken).length, 0, what)
})

t.test('dependencies are checked every week', async t => {
  const { updates } = read('dependabot.yml') as { updates: Array<{ 'package-ecosystem': string, directory?: string, directories?: string[], schedule: { interval: string } }> }
  t.same(updates.map(one => one['package-ecosystem']).sort(), ['docker', 'docker-compose', 'github-actions', 'npm'])
  for (const { schedule } of updates) t.equal(schedule.interval, 'weekly')
  t.same(updates.find(one => one['package-ecosystem'] === 'github-actions')?.directories, ['/', '/.github/actions/*'], 'actions of this repository use others')
})

t.test('one build; prod has the image that staging accepted', async t => {
  const builds = jobs.filter(({ is }) => stepsOf(is.steps).some(({ run = '' }) => /docker (buildx )?build /.test(run)))
  t.same(builds.map(({ title }) => title), ['ci.yml image'])
  t.match(needsOf('staging').sort(), ['check', 'emulators', 'image'])
  t.ok(place(ci.emulators!.steps, /^npm run test:emulators$/) > place(ci.emulators!.steps, /^test\/emulators\/fetch\.sh$/))
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
  t.match(all[up]!.run, /pulumi up [^\n]+\n(.*\n)*node infra\/commands\/running\.ts/, 'then the running image is checked')
  for (const stack of ['staging', 'prod']) {
    const steps = stepsOf(ci[stack]!.steps)
    const [push, scan, up] = [place(steps, /skopeo copy/), place(steps, /node infra\/commands\/image-scan\.ts --image "\$IMAGE"$/m), place(steps, /pulumi up/)]
    t.ok(push >= 0 && push < scan && scan < up, `${stack}: the scan of the pushed image is read before the image runs`)
    t.match([steps[scan]!.env?.IMAGE, steps[up]!.env?.IMAGE, steps[scan]!.if], ['${{ steps.push.outputs.image }}', '${{ steps.push.outputs.image }}', undefined]) // eslint-disable-line no-template-curly-in-string
  }
  const changes = [...steps, ...[...actions.values()].flat()].flatMap(({ run = '' }) => run.match(/pulumi (up|preview) (?!.*--refresh).*/g) ?? [])
  t.ok(changes.length >= 3)
  for (const change of changes) t.match(change, '--policy-pack infra/policy', change)
  const uploads = ci.image!.steps.filter(({ uses }) => uses?.startsWith('actions/upload-artifact'))
  t.match(uploads.map(step => step.with), [{ path: 'image.tar' }, { path: 'sbom/sbom.cdx.json', 'if-no-files-found': 'error' }], 'with what is in it')
  t.notOk(Object.keys(ci).some(job => !['staging', 'prod'].includes(job) && stepsOf(ci[job]!.steps).some(({ run = '' }) => /pulumi (up|destroy)/.test(run))))
})

t.test('drift: each lasting stack, expired copies, and no resource is changed', async t => {
  const { on, jobs } = workflows.get('drift.yml')!
  t.match(on.schedule, [{ cron: /^\d+ \d+ \* \* \*$/ }])
  t.ok(place(jobs.stack!.steps, /pulumi preview .*--refresh --expect-no-changes/) > 0)
  t.ok(place(jobs.copies!.steps, /npm run stack -- list --expired/) > 0)
  for (const job of Object.values(jobs)) {
    t.equal(job.steps.find(({ uses }) => uses === './.github/actions/stack')?.with?.role, 'preview')
    t.equal(job.environment, undefined, 'no approval is waited for')
  }
})

t.test('the running image is compared with the deployed image', async t => {
  const expected = { taskDefinition: 'arn:aws:ecs:eu-west-1:1:task-definition/rates:8', digest: 'sha256:b' }
  const task = { taskArn: 'task/1', taskDefinitionArn: expected.taskDefinition, containers: [{ imageDigest: 'sha256:b' }] }
  t.same(differences(expected, [task]), [])
  t.same(differences(expected, [{ ...task, containers: [{}] }]), [])
  t.equal(differences(expected, []).length, 1)
  t.equal(differences(expected, [task, { ...task, taskDefinitionArn: 'arn:aws:ecs:eu-west-1:1:task-definition/rates:7' }]).length, 1)
  t.equal(differences(expected, [{ ...task, containers: [{ imageDigest: 'sha256:a' }] }]).length, 1)
})
