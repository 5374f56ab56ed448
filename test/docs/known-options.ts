/** Options with a value and options without one (`flags`) of the programs in the documents; `operands` is the allowed number of other words. */
export type Known = { options?: string[], flags?: string[], operands?: [least: number, most: number] }

const paging = ['--query', '--output', '--region', '--profile']

/** The AWS CLI, version 2: https://docs.aws.amazon.com/cli/latest/reference. Each command takes `--query`, `--output` and `--region` too. */
export const aws: Record<string, Known> = {
  'cloudtrail lookup-events': { options: ['--lookup-attributes', '--start-time', '--end-time', '--max-results'] },
  'ecr batch-delete-image': { options: ['--repository-name', '--image-ids'] },
  'ecr list-images': { options: ['--repository-name', '--max-items'] },
  'ecs continue-service-deployment': { options: ['--service-deployment-arn', '--hook-id', '--action'] },
  'ecs describe-services': { options: ['--cluster', '--services'] },
  'ecs describe-tasks': { options: ['--cluster', '--tasks'] },
  'ecs list-tasks': { options: ['--cluster', '--family', '--service-name', '--desired-status'] },
  'ecs run-task': { options: ['--cluster', '--task-definition', '--launch-type', '--network-configuration', '--overrides', '--count'] },
  'ecs stop-service-deployment': { options: ['--service-deployment-arn', '--stop-type'] },
  'ecs stop-task': { options: ['--cluster', '--task', '--reason'] },
  'ecs update-service': { options: ['--cluster', '--service', '--task-definition', '--desired-count'], flags: ['--force-new-deployment'] },
  'iam create-policy': { options: ['--policy-name', '--policy-document'] },
  'kms cancel-key-deletion': { options: ['--key-id'] },
  'kms enable-key': { options: ['--key-id'] },
  'logs start-query': { options: ['--log-group-names', '--start-time', '--end-time', '--query-string', '--limit'], operands: [0, 20] },
  'logs tail': { options: ['--since', '--filter-pattern', '--format'], flags: ['--follow'], operands: [1, 1] },
  'rds create-db-cluster': { options: ['--db-cluster-identifier', '--engine', '--replication-source-identifier'] },
  'rds describe-db-instances': { options: ['--db-instance-identifier'] },
  'rds describe-events': { options: ['--source-type', '--source-identifier', '--duration', '--start-time'] },
  'rds modify-db-instance': { options: ['--db-instance-identifier', '--new-db-instance-identifier'], flags: ['--apply-immediately'] },
  's3api delete-objects': { options: ['--bucket', '--delete'] },
  's3api head-object': { options: ['--bucket', '--key', '--version-id'] },
  's3api list-object-versions': { options: ['--bucket', '--prefix', '--max-items'] },
  'scheduler get-schedule': { options: ['--name', '--group-name'] },
  'scheduler list-schedules': { options: ['--name-prefix', '--group-name', '--state'] },
  'secretsmanager describe-secret': { options: ['--secret-id'] },
  'secretsmanager get-secret-value': { options: ['--secret-id', '--version-id', '--version-stage'] },
  'secretsmanager restore-secret': { options: ['--secret-id'] },
  'secretsmanager update-secret-version-stage': { options: ['--secret-id', '--version-stage', '--move-to-version-id', '--remove-from-version-id'] },
  'sqs get-queue-attributes': { options: ['--queue-url', '--attribute-names'] },
  'sqs list-queues': { options: ['--queue-name-prefix'] },
  'sqs purge-queue': { options: ['--queue-url'] },
  'sqs receive-message': {
    options: ['--queue-url', '--message-attribute-names', '--attribute-names', '--visibility-timeout', '--max-number-of-messages', '--wait-time-seconds'],
  },
  'sqs send-message': { options: ['--queue-url', '--message-body', '--message-group-id', '--message-deduplication-id'] },
  'sts get-caller-identity': {},
}

/** The Pulumi CLI 3.270: `pulumi COMMAND --help`. */
export const pulumi: Record<string, Known> = {
  'stack output': { options: ['--stack'], flags: ['--json', '--show-secrets'], operands: [0, 1] },
  preview: { options: ['--stack'], flags: ['--refresh', '--diff', '--expect-no-changes'] },
  cancel: { options: ['--stack'], flags: ['--yes'], operands: [0, 1] },
  'config set': { options: ['--stack'], flags: ['--path', '--secret'], operands: [2, 2] },
  destroy: { options: ['--stack', '--target'], flags: ['--yes', '--skip-preview'] },
  import: { options: ['--stack'], flags: ['--yes'], operands: [0, 3] },
  login: { flags: ['--local'], operands: [0, 1] },
  refresh: { options: ['--stack', '--target'], flags: ['--yes'] },
  'stack export': { options: ['--stack', '--file'] },
  'stack import': { options: ['--stack', '--file'] },
  'stack init': { options: ['--secrets-provider'], operands: [0, 1] },
  'stack ls': { flags: ['--all', '--json'] },
  'stack rm': { flags: ['--yes'], operands: [0, 1] },
  'stack select': { flags: ['--create'], operands: [0, 1] },
  'state delete': { flags: ['--force', '--yes'], operands: [0, 1] },
  'state unprotect': { flags: ['--all', '--yes'], operands: [0, 1] },
  up: { options: ['--stack', '--target', '--policy-pack'], flags: ['--refresh', '--yes'] },
}

/** docker-compose 1.29 and Compose v2, before a service's own command. */
export const compose: Record<string, Known> = {
  down: { flags: ['-v'] },
  exec: { operands: [2, Infinity] },
  logs: { options: ['--tail'], flags: ['--no-log-prefix', '-f', '--follow'], operands: [0, Infinity] },
  ps: { operands: [0, Infinity] },
  run: { flags: ['--rm'], operands: [1, Infinity] },
  start: { operands: [1, Infinity] },
  stop: { operands: [1, Infinity] },
  up: { options: ['--scale'], flags: ['-d', '--build'], operands: [0, Infinity] },
}

/** Returns what is wrong with `words`, which follow the program's name, or undefined. */
export function problemOf (known: Record<string, Known>, words: string[], everywhere: string[] = known === aws ? paging : []): string | undefined {
  const name = [words.slice(0, 2).join(' '), words[0] ?? ''].find(name => name in known)
  if (name === undefined) return `"${words.slice(0, 2).join(' ')}" is not a known command`
  const { options = [], flags = [], operands: [least, most] = [0, 0] } = known[name]!
  let operands = 0
  const rest = words.slice(name.split(' ').length)
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index]!
    // The words after a service's name are the service's own command.
    if (!word.startsWith('-') || (known === compose && operands > 0)) operands++
    else if (options.includes(word) || everywhere.includes(word)) {
      if (rest[++index] === undefined) return `${word} has no value`
    } else if (!flags.includes(word)) return `"${name}" has no option ${word}`
  }
  if (operands < least || operands > most) return `"${name}" has ${operands} operands`
}
