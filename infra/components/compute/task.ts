import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import * as ec2 from '@pulumi/aws/ec2/index.js'
import * as ecs from '@pulumi/aws/ecs/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Image } from './image.ts'
import { optionsAfter, role, type Precondition, type Statement } from '../../iam/roles.ts'
import { securityGroup } from '../network/security-groups.ts'

export const containerPort = 8080

/** What all tasks of a stack have in common. */
export interface Platform {
  region: string
  account: string
  vpcId: pulumi.Output<string>
  subnetIds: pulumi.Output<string>[]
  /** Members reach AWS. */
  awsClients: ec2.SecurityGroup
  clusterArn: pulumi.Output<string>
  clusterName: pulumi.Output<string>
  image: Image
  architecture: 'arm64' | 'x86_64'
  logDays: number
  /** ARN of the policy that is the most any role may do. */
  permissionsBoundary: string | undefined
}

export interface TaskArgs {
  platform: Platform
  /** As in `node services/rates-api/main.ts`. */
  command: string[]
  cpu: number
  memory: number
  environment: Record<string, pulumi.Input<string>>
  /** Variables whose value is the secret of that ARN. */
  secrets?: Record<string, pulumi.Output<string>>
  /** What the process may do. */
  statements: Statement[]
  /** How long it may take to stop, in seconds, before it is killed; Fargate allows 120. */
  stopSeconds: number
  /** Runs before the task definition is registered and its role's rights change: what the task needs of the database is there then. */
  registerAfter?: Precondition
  /** Whether it listens, and so has a port and a health check. */
  listens: boolean
}

/** A task definition with its own role, log group and security group: what one process is, and all that it may do. */
export class Task extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>
  /** Without a revision: all revisions have it. */
  readonly family: string
  /** What ECS takes on to start it, and what its process is. */
  readonly roleArns: pulumi.Output<string>[]
  readonly group: ec2.SecurityGroup
  readonly container: string
  readonly logGroup: pulumi.Output<string>
  /** Made once a task can start. */
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
      skipDestroy: true, // what runs may be stopped and started again, and rolled back to
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

/** What ECS does for the task before it runs: pulls its image, reads its secrets, writes its log. */
function executionStatements ({ image }: Platform, logs: cloudwatch.LogGroup, secrets: pulumi.Output<string>[]): Statement[] {
  return [
    { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }, // AWS knows no resource for it
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
    // ECS does not read the one in the image.
    ...(listens ? { healthCheck } : {}),
    logConfiguration: {
      logDriver: 'awslogs',
      // A log that cannot be written must not stop the process.
      options: { 'awslogs-group': logs.name, 'awslogs-region': platform.region, 'awslogs-stream-prefix': 'task', mode: 'non-blocking', 'max-buffer-size': '25m' },
    },
  }])
}
