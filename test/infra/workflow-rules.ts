import { parse } from 'yaml'

export type Step = { uses?: string, run?: string, if?: string, with?: Record<string, string | boolean>, env?: Record<string, string> }
export type Job = {
  needs?: string | string[], environment?: string, permissions?: Record<string, string> | string
  concurrency?: { group: string, 'cancel-in-progress': boolean }
  'timeout-minutes'?: number, if?: string, uses?: string, steps: Step[]
  container?: string | { image: string }, services?: Record<string, { image: string }>
}
export type Workflow = {
  on: Record<string, unknown>, permissions?: Record<string, string> | string, concurrency?: { group: string }, jobs: Record<string, Job>
}
/** Text of the workflows and of this repository's actions, by path below .github. */
export type Files = Map<string, string>

/** GitHub's own actions, by a commit. The version beside the commit is for people and for Dependabot. */
const pinned = /^\s*(?:- )?uses: (?:actions|aws-actions)\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/
/** Commands that install other programs on the machine. */
const installs = /\bnpm (ci|i|install|exec)\b|\bnpx\b|\b(curl|wget|pip3?|pipx|apt|apt-get|brew|go install|cargo|gem|git clone|docker pull|gh release|plugin install|corepack)\b/
/** The one action that runs with credentials in the environment: it uploads a file and installs nothing. */
const afterCredentials = /^actions\/upload-artifact@/

/** Returns a job's steps, with the steps of this repository's actions in their place. */
export function expandSteps (steps: Step[], actions: ReadonlyMap<string, Step[]>, onMissing: (uses: string) => void = () => {}): Step[] {
  return steps.flatMap(step => {
    if (!step.uses?.startsWith('./')) return [step]
    const own = actions.get(step.uses.split('/').at(-1)!)
    if (!own) onMissing(step.uses)
    return expandSteps(own ?? [], actions, onMissing)
  })
}

/** Returns what is wrong with the workflows and the actions that they use, a sentence each. */
export function problemsOf (files: Files): string[] {
  const problems: string[] = []
  const refuse = (wrong: unknown, problem: string): void => { if (wrong) problems.push(problem) }
  const actions = new Map([...files].filter(([path]) => path.startsWith('actions/')).map(([path, text]) => [path.split('/')[1]!, parse(text).runs.steps as Step[]]))
  const expand = (steps: Step[]): Step[] => expandSteps(steps, actions, uses => refuse(true, `${uses} is not in this repository`))

  for (const [path, text] of files) {
    const steps = path.startsWith('actions/') ? parse(text).runs.steps as Step[] : Object.values((parse(text) as Workflow).jobs).flatMap(job => job.steps ?? [])
    const others = steps.filter(({ uses }) => uses && !uses.startsWith('./'))
    const lines = text.split('\n').filter(line => pinned.test(line))
    refuse(lines.length !== others.length, `${path}: ${others.length - lines.length} actions are not named by a commit with its version beside it`)
    for (const { run = '', uses = '', with: given } of steps) {
      refuse(run.includes('${{'), `${path}: an expression in a script: what a branch is named would run`)
      refuse(/\bcurl|\bwget/.test(run) && !/sha256sum --check --strict/.test(run), `${path}: a download whose digest is not checked`)
      refuse(uses.startsWith('actions/checkout@') && given?.['persist-credentials'] !== false, `${path}: a checkout keeps its token`)
    }
    refuse(/AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|aws-access-key-id/.test(text), `${path}: a key of AWS`)
  }

  for (const [path, text] of files) {
    if (!path.startsWith('workflows/')) continue
    const { on, permissions, concurrency, jobs } = parse(text) as Workflow
    refuse('pull_request_target' in on, `${path}: runs code of a fork with the repository's rights`)
    refuse(JSON.stringify(permissions) !== '{"contents":"read"}', `${path}: a job without permissions of its own may do more than read`)
    refuse(!concurrency?.group, `${path}: no concurrency`)
    for (const [name, job] of Object.entries(jobs)) {
      const title = `${path} ${name}`
      refuse(job.uses, `${title}: a workflow of another place`)
      refuse(!job['timeout-minutes'], `${title}: no limit of time`)
      const images = [job.container, ...Object.values(job.services ?? {})].filter(one => one !== undefined).map(one => typeof one === 'string' ? one : one.image)
      for (const image of images) refuse(!/@sha256:[0-9a-f]{64}$/.test(image), `${title}: ${image} is named by a tag`)
      problems.push(...problemsOfRights(title, job, expand(job.steps ?? [])))
    }
  }
  return problems
}

function problemsOfRights (title: string, { permissions = { contents: 'read' } }: Job, steps: Step[]): string[] {
  const problems: string[] = []
  const refuse = (wrong: unknown, problem: string): void => { if (wrong) problems.push(`${title}: ${problem}`) }
  if (typeof permissions === 'string') return [`${title}: permissions are ${permissions}`]
  const credentials = steps.findIndex(({ uses }) => uses?.startsWith('aws-actions/configure-aws-credentials@'))
  const takesCredentials = credentials >= 0
  const codeRuns = steps.some(({ uses }) => uses?.startsWith('actions/checkout@'))
  for (const [right, level] of Object.entries(permissions)) {
    if (level === 'none' || (right === 'contents' && level === 'read')) continue
    if (right === 'id-token') refuse(!takesCredentials, 'a token of AWS that nothing takes')
    else if (right === 'pull-requests' && level === 'write') refuse(takesCredentials || codeRuns, 'writes to the pull request, beside its code or credentials')
    else refuse(true, `${right}: ${level}`)
  }
  refuse(takesCredentials && permissions['id-token'] !== 'write', 'no token for the credentials')
  if (!takesCredentials) return problems

  for (const { run = '', uses } of steps.slice(credentials + 1)) {
    refuse(installs.test(run.replace(/^\s*#.*$/gm, '')), 'installs something after it has taken credentials')
    refuse(uses && !afterCredentials.test(uses), `${uses} runs with credentials`)
  }
  const before = steps.slice(0, credentials).map(({ run = '' }) => run).join('\n')
  for (const line of steps.flatMap(({ run = '' }) => run.match(/\bnpm (ci|install)\b.*/g) ?? [])) refuse(!line.includes('--ignore-scripts'), `${line} runs scripts of packages`)
  refuse(!/PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true/.test(before), 'the engine may download plugins when it has credentials')
  return problems
}
