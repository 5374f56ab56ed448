import { Refused } from '../pulumi.ts'
import { resourcesOf, stackOutputs, type StackState, type StateResource } from '../stack-state.ts'

/** Facts that the steps for both engines need: names, and the placement of tasks. */
export interface CurrentDatabase {
  stack: string
  region: string
  /** Identifier of the primary instance or of the cluster. It is part of the address, and stays. */
  name: string
  /** The resource id in the roles' permission to log in, `db-…` or `cluster-…`. */
  resourceId: string
  database: StateResource
  /** Replicas of the instance, or members of the cluster. */
  others: StateResource[]
  cluster: string
  worker: string
  minWorkers: number
  migrate: { cluster: string, taskDefinition: string, subnets: string[], securityGroups: string[] }
  /** True if CI has pushed the image; otherwise `pulumi up` builds the image. */
  imageIsGiven: boolean
}

export type Engine = 'postgres' | 'aurora'

/** Returns the database of a stack and its surroundings, from the state only. Throws Refused if the stack is not up. */
export function readCurrentDatabase (stack: string, state: StackState): CurrentDatabase & { engine: Engine } {
  const instances = resourcesOf(state, 'aws:rds/instance:Instance')
  const cluster = resourcesOf(state, 'aws:rds/cluster:Cluster')[0]
  const database = cluster ?? instances.find(({ inputs }) => !inputs?.replicateSourceDb)
  const { clusterName, services, oneOffTasks } = stackOutputs(state)
  const scaling = resourcesOf(state, 'aws:appautoscaling/target:Target').find(({ urn }) => urn.endsWith(`::${stack}-worker`))
  if (!database?.outputs || !oneOffTasks?.migrate || !services?.worker || !scaling?.outputs) {
    throw new Refused(`The state of the stack "${stack}" has no database, worker and tasks: \`pulumi up --stack ${stack}\` creates them.`)
  }
  const { outputs } = database
  return {
    stack,
    engine: cluster ? 'aurora' : 'postgres',
    region: oneOffTasks.migrate.region,
    name: outputs.clusterIdentifier ?? outputs.identifier,
    resourceId: outputs.clusterResourceId ?? outputs.resourceId,
    database,
    others: cluster ? resourcesOf(state, 'aws:rds/clusterInstance:ClusterInstance') : instances.filter(instance => instance !== database),
    cluster: clusterName,
    worker: services.worker,
    minWorkers: scaling.outputs.minCapacity,
    migrate: oneOffTasks.migrate,
    imageIsGiven: resourcesOf(state, 'docker:index/image:Image').length === 0,
  }
}
