import type { Task } from '@aws-sdk/client-ecs'

export interface Expected {
  /** ARN with its revision. */
  taskDefinition: string
  /** `sha256:…` */
  digest: string
}

/** Returns one sentence for each difference from the deployment. A container that has not pulled its image yet has no digest to compare. */
export function differences ({ taskDefinition, digest }: Expected, tasks: Task[]): string[] {
  if (tasks.length === 0) return ['no task runs']
  return tasks.flatMap(({ taskArn, taskDefinitionArn, containers = [] }) => [
    ...(taskDefinitionArn === taskDefinition ? [] : [`${taskArn} is of ${taskDefinitionArn}, not ${taskDefinition}`]),
    ...containers.filter(({ imageDigest }) => imageDigest && imageDigest !== digest).map(({ imageDigest }) => `${taskArn} runs ${imageDigest}, not ${digest}`),
  ])
}
