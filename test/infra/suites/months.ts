import type { Test } from 'tap'
import { matches } from '../event-pattern.ts'
import type { Program } from '../program.ts'

/** Checks the monthly run of the migrator: its schedule, its role, and who is notified if the run fails or does not happen. */
export function months (t: Test, program: Program): void {
  const { of, named, stack, outputs } = program
  const definition = `arn:aws:ecs:eu-west-1:111111111111:TaskDefinition/${stack}-migrate`
  const [schedule, ...others] = of('aws:scheduler/schedule:Schedule')
  t.same(others, [])
  const { scheduleExpression, state = 'ENABLED', target } = schedule!.inputs
  t.match(scheduleExpression, /^cron\(\d+ \d+ 1 \* \? \*\)$/, 'once a month')
  t.equal(state, 'ENABLED')
  const { migrate } = outputs.oneOffTasks
  t.same(target.ecsParameters, {
    taskDefinitionArn: definition, taskCount: 1, launchType: 'FARGATE',
    networkConfiguration: { subnets: migrate.subnets, securityGroups: migrate.securityGroups, assignPublicIp: false },
  }, 'the task of a deployment, in the same place')
  t.equal(migrate.taskDefinition, definition)
  t.same(of('aws:ecs/service:Service').filter(({ urn }) => !schedule!.dependsOn.includes(urn)), [], 'an undeployed release migrates nothing')

  const dead = named(`${stack}-months-dead`, 'aws:sqs/queue:Queue')
  t.equal(target.deadLetterConfig.arn, `arn:aws:sqs:eu-west-1:111111111111:Queue/${dead.name}`)
  t.notOk(dead.inputs.fifoQueue, 'EventBridge Scheduler does not support FIFO queues')
  t.match(named(`${stack}-monthly-migration-not-started`, 'aws:cloudwatch/metricAlarm:MetricAlarm').inputs, {
    metricQueries: [{ metric: { namespace: 'AWS/SQS', dimensions: { QueueName: dead.name } } }], threshold: 0, comparisonOperator: 'GreaterThanThreshold',
  })
  t.match(named(`${stack}-months-left`, 'aws:cloudwatch/metricAlarm:MetricAlarm').inputs, {
    metricQueries: [{ metric: { namespace: `FreightRates/${stack}`, metricName: 'PartitionMonthsLeft', stat: 'Minimum' } }], threshold: 3, comparisonOperator: 'LessThanThreshold',
  })

  t.equal(target.roleArn, `arn:aws:iam:eu-west-1:111111111111:Role/${stack}-months`)
  const roles = ['task', 'start'].map(kind => `arn:aws:iam:eu-west-1:111111111111:Role/${stack}-migrate-${kind}`)
  t.same(JSON.parse(named(`${stack}-months`, 'aws:iam/rolePolicy:RolePolicy').inputs.policy).Statement.map(({ Effect, ...rest }: { Effect: string }) => rest), [
    { Action: ['ecs:RunTask'], Resource: [`arn:aws:ecs:eu-west-1:${accountOf(program)}:task-definition/${stack}-migrate:*`], Condition: { ArnEquals: { 'ecs:cluster': migrate.cluster } } },
    { Action: ['iam:PassRole'], Resource: roles, Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } } },
    { Action: ['sqs:SendMessage'], Resource: [target.deadLetterConfig.arn] },
  ], 'the role starts this task with these roles, and nothing else')
  failures(t, program)
}

const accountOf = ({ of }: Program): string => JSON.parse(of('pulumi:providers:aws')[0]!.inputs.allowedAccountIds)[0]

/** Checks which stop reasons of a task become a message. */
function failures (t: Test, program: Program): void {
  const { named, stack } = program
  const rule = named(`${stack}-failed-migrations`, 'aws:cloudwatch/eventRule:EventRule')
  const pattern = JSON.parse(rule.inputs.eventPattern)
  const stoppedTask = (containers: object[], { family = `${stack}-migrate`, lastStatus = 'STOPPED', region = 'eu-west-1' } = {}): boolean => matches(pattern, {
    source: 'aws.ecs', 'detail-type': 'ECS Task State Change',
    detail: { taskDefinitionArn: `arn:aws:ecs:${region}:${accountOf(program)}:task-definition/${family}:7`, lastStatus, containers: containers.map(one => ({ name: 'main', ...one })) },
  })
  t.equal(stoppedTask([{ exitCode: 0 }]), false, 'it exited with 0')
  t.equal(stoppedTask([{ exitCode: 1 }]), true, 'it failed')
  t.equal(stoppedTask([{ exitCode: 137 }]), true, 'it was killed')
  t.equal(stoppedTask([{}]), true, 'it could not be started, so it has no exit code')
  t.equal(stoppedTask([{}], { lastStatus: 'RUNNING' }), false, 'it runs')
  t.equal(stoppedTask([{ exitCode: 1 }], { family: `${stack}-ops` }), false, 'another task')
  t.equal(stoppedTask([{ exitCode: 1 }], { family: `${stack}-migrate-other` }), false, 'a family whose name has the same prefix')

  const { inputs, dependsOn } = named(`${stack}-failed-migrations`, 'aws:cloudwatch/eventTarget:EventTarget')
  t.equal(inputs.arn, `arn:aws:sns:eu-west-1:111111111111:Topic/${stack}-alarms`)
  t.ok(dependsOn.includes(named(`${stack}-alarms`, 'aws:sns/topicPolicy:TopicPolicy').urn), 'EventBridge may publish')
  const { inputPaths, inputTemplate } = inputs.inputTransformer
  t.same([...inputTemplate.matchAll(/<(\w+)>/g)].map(([, name]: string[]) => name).sort(), Object.keys(inputPaths).sort(), 'the message has the members that the template reads')
}
