import type { StateResource } from '../../../infra/commands/stack-state.ts'
import { aws } from './aws.ts'
import type { Places } from './declared.ts'

/** Makes the cluster, the worker and the migrator's task that the steps stop, start and run. Returns their part of the stack's state. */
export async function makeServices (stack: string, { subnetIds: [subnet], securityGroupId }: Places): Promise<StateResource[]> {
  const [cluster, worker, migrate] = [`freight-${stack}`, `${stack}-worker`, `${stack}-migrate`]
  const network = `awsvpcConfiguration={subnets=[${subnet}],securityGroups=[${securityGroupId}]}`
  await aws('ecs', 'create-cluster', '--cluster-name', cluster)
  for (const family of [worker, migrate]) {
    await aws('ecs', 'register-task-definition', '--family', family, '--network-mode', 'awsvpc', '--requires-compatibilities', 'FARGATE', '--cpu', '256', '--memory', '512',
      '--container-definitions', JSON.stringify([{ name: 'main', image: 'freight@sha256:0', essential: true, cpu: 256, memory: 512 }]))
  }
  await aws('ecs', 'create-service', '--cluster', cluster, '--service-name', worker, '--task-definition', worker, '--desired-count', '2',
    '--launch-type', 'FARGATE', '--network-configuration', network)
  await aws('application-autoscaling', 'register-scalable-target', '--service-namespace', 'ecs', '--scalable-dimension', 'ecs:service:DesiredCount',
    '--resource-id', `service/${cluster}/${worker}`, '--min-capacity', '2', '--max-capacity', '8')
  const urn = (type: string, name: string): string => `urn:pulumi:${stack}::freight-rates::${type}::${name}`
  return [{
    urn: urn('pulumi:pulumi:Stack', `freight-rates-${stack}`), type: 'pulumi:pulumi:Stack', outputs: {
      clusterName: cluster, services: { worker },
      oneOffTasks: { migrate: { region: 'eu-west-1', cluster, taskDefinition: migrate, subnets: [subnet], securityGroups: [securityGroupId] } },
    },
  }, { urn: urn('aws:appautoscaling/target:Target', worker), type: 'aws:appautoscaling/target:Target', outputs: { minCapacity: 2 } }]
}
