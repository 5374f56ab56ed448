import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as ec2 from '@pulumi/aws/ec2/index.js'
import * as ecs from '@pulumi/aws/ecs/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Image } from './image.ts'
import { optionsAfter, role, type Precondition, type Statement } from '../../iam/roles.ts'
import { securityGroup } from '../network/security-groups.ts'

export const containerPort = 8080

/** Settings that all tasks of a stack share. */
export interface Platform {
  region: string
  account: string
  vpcId: pulumi.Output<string>
  subnetIds: pulumi.Output<string>[]
  /** Members of this group reach AWS. */
  awsClients: ec2.SecurityGroup
  clusterArn: pulumi.Output<string>
  clusterName: pulumi.Output<string>
  image: Image
  architecture: 'arm64' | 'x86_64'
  logDays: number
  /** ARN of the permissions boundary of every role. */
  permissionsBoundary: string | undefined
}

export interface TaskArgs {
  platform: Platform
  /** As in `node services/rates-api/main.ts`. */
  command: string[]
  cpu: number
  memory: number
  environment: Record<string, pulumi.Input<string>>
  /** Variables and the ARNs of their secrets. */
  secrets?: Record<string, pulumi.Output<string>>
  /** Permissions of the process. */
  statements: Statement[]
  /** Time to stop, in seconds, before ECS kills the process; Fargate allows 120. */
  stopSeconds: number
  /** Runs before the task definition is registered and the role's permissions change, so that the database is ready for the task. */
  registerAfter?: Precondition
  /** Whether the process listens, and therefore has a port and a health check. */
  listens: boolean
}

/** A task definition with its own role, log group and security group: one process and its permissions. */
export class Task extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>
  /** Family without a revision, which all revisions share. */
  readonly family: string
  /** Roles of the task: one for ECS to start the task, one for the process. */
  readonly roleArns: pulumi.Output<string>[]
  readonly group: ec2.SecurityGroup
  readonly container: string
  readonly logGroup: pulumi.Output<string>
  /** Resources that exist once a task can start. */
  readonly ready: pulumi.Resource[]

  constructor (name: string, args: TaskArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Task', name, {}, opts)
    const parent = this
    const { platform } = args
    const logs = new cloudwatch.LogGroup(name, { retentionInDays: platform.logDays }, { parent })
    const { account, permissionsBoundary } = platform
    const assumedByTasks = { service: 'ecs-tasks.amazonaws.com', account, permissionsBoundary }
    const own = role(`${name}-task`, { ...assumedByTasks, statements: args.statements, after: args.registerAfter }, parent)
    const execution = role(`${name}-start`, { ...assumedByTasks, statements: executionStatements(platform, logs, Object.values(args.secrets ?? {})) }, parent)
    const definition = new ecs.TaskDefinition(name, {
      family: name,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      runtimePlatform: { operatingSystemFamily: 'LINUX', cpuArchitecture: platform.architecture === 'arm64' ? 'ARM64' : 'X86_64' },
      cpu: String(args.cpu),
      memory: String(args.memory),
      taskRoleArn: own.arn,
      executionRoleArn: execution.arn,
      containerDefinitions: containers(args, logs),
      skipDestroy: true, // a running task may be restarted, and a deployment rolled back to it
    }, { parent, ...optionsAfter(args.registerAfter) })

    this.arn = definition.arn
    this.family = name
    this.roleArns = [own.arn, execution.arn]
    this.group = securityGroup(name, `tasks of ${name}`, platform.vpcId, parent)
    this.container = 'main'
    this.logGroup = logs.name
    this.ready = [definition, ...own.ready, ...execution.ready]
    this.registerOutputs({ arn: this.arn })
  }
}

const healthCheck = { command: ['CMD', 'node', 'lib/http/health-check.ts'], interval: 30, timeout: 10, startPeriod: 30, retries: 3 }

/** Permissions of ECS before the task runs: it pulls the image, reads the secrets and writes the log. */
function executionStatements ({ image }: Platform, logs: cloudwatch.LogGroup, secrets: pulumi.Output<string>[]): Statement[] {
  return [
    { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }, // AWS has no narrower resource
    { actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], resources: [image.repositoryArn] },
    { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [pulumi.interpolate`${logs.arn}:*`] },
    ...(secrets.length > 0 ? [{ actions: ['secretsmanager:GetSecretValue'], resources: secrets }] : []),
  ]
}

function containers (args: TaskArgs, logs: cloudwatch.LogGroup): pulumi.Output<string> {
  const { platform, command, environment, secrets = {}, stopSeconds, listens } = args
  return pulumi.jsonStringify([{
    name: 'main',
    image: platform.image.reference,
    essential: true,
    command,
    user: 'node',
    readonlyRootFilesystem: true,
    linuxParameters: { initProcessEnabled: true, capabilities: { add: [], drop: ['ALL'] } },
    stopTimeout: stopSeconds,
    environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
    secrets: Object.entries(secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
    portMappings: listens ? [{ containerPort, hostPort: containerPort, protocol: 'tcp' }] : [],
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    // ECS ignores the health check of the image.
    ...(listens ? { healthCheck } : {}),
    logConfiguration: {
      logDriver: 'awslogs',
      // The process continues when a log line cannot be written.
      options: { 'awslogs-group': logs.name, 'awslogs-region': platform.region, 'awslogs-stream-prefix': 'task', mode: 'non-blocking', 'max-buffer-size': '25m' },
    },
  }])
}
