import { command } from './shell.ts'
import type { CurrentDatabase } from './current-database.ts'
import type { Step } from './step.ts'

const scaling = ({ cluster, worker }: CurrentDatabase, isSuspended: boolean): string => command('aws application-autoscaling register-scalable-target', {
  'service-namespace': 'ecs', 'scalable-dimension': 'ecs:service:DesiredCount', 'resource-id': `service/${cluster}/${worker}`,
  'suspended-state': ['DynamicScalingInSuspended', 'DynamicScalingOutSuspended', 'ScheduledScalingSuspended'].map(name => `${name}=${isSuspended}`).join(','),
})

/** A batch that the old database applies after the restore's time would be lost. */
export function stopWorker (current: CurrentDatabase): Step {
  const { cluster, worker } = current
  return {
    title: 'Stop the worker. Batches are accepted and wait.',
    why: [],
    commands: [
      scaling(current, true),
      `aws ecs update-service --cluster ${cluster} --service ${worker} --desired-count 0 --query service.desiredCount`,
      `aws ecs wait services-stable --cluster ${cluster} --services ${worker}`,
    ],
  }
}

/** The roles must name the new resource id, and a restore does not set all settings of the database. */
export function deploy ({ stack, resourceId, imageIsGiven }: CurrentDatabase): Step {
  return {
    title: 'Let roles log in to the new database, and give it replicas, insights and logs.',
    why: [
      `The preview changes policies that name ${resourceId}, updates the database in place and creates the deleted resources. It replaces nothing.`,
      'Changes that wait for the maintenance window appear as drift until then.',
    ],
    commands: [
      ...imageIsGiven ? [`pulumi config set --stack ${stack} freight-rates:image "$(pulumi stack output image --stack ${stack})"`] : [],
      `pulumi up --stack ${stack}`,
    ],
  }
}

/** The restored schema may be older than the deployed release. */
export function migrate ({ migrate: { cluster, taskDefinition, subnets, securityGroups } }: CurrentDatabase): Step {
  return {
    title: 'Run the migrator: exit code 0 is success, for others see its log. If the schema is current, the migrator changes nothing.',
    why: [],
    commands: [
      `task=$(${command('aws ecs run-task', {
        cluster, 'task-definition': taskDefinition, 'launch-type': 'FARGATE',
        'network-configuration': `awsvpcConfiguration={subnets=[${subnets.join(',')}],securityGroups=[${securityGroups.join(',')}],assignPublicIp=DISABLED}`,
        query: 'tasks[0].taskArn', output: 'text',
      })})`,
      `aws ecs wait tasks-stopped --cluster ${cluster} --tasks "$task"`,
      `aws ecs describe-tasks --cluster ${cluster} --tasks "$task" --query 'tasks[0].containers[0].exitCode' --output text`,
    ],
  }
}

export function startWorker (current: CurrentDatabase): Step {
  const { cluster, worker, minWorkers } = current
  return {
    title: 'Start the worker.',
    why: [],
    commands: [
      `aws ecs update-service --cluster ${cluster} --service ${worker} --desired-count ${minWorkers} --query service.desiredCount`,
      scaling(current, false),
    ],
  }
}

/** The new database has no batch that was accepted after the restore's time; the bucket has their manifests. */
export function replay ({ stack }: CurrentDatabase, to: string): Step {
  return {
    title: 'Queue the missing batches that were accepted since then. The first command only lists them.',
    why: [],
    commands: [
      `npm run ops -- --stack ${stack} batches replay --since ${to} --dry-run`,
      `npm run ops -- --stack ${stack} batches replay --since ${to}`,
    ],
  }
}
