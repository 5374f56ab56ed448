import * as ecs from '@pulumi/aws/ecs/index.js'
import * as pulumi from '@pulumi/pulumi'

/** The ECS cluster, on Fargate only. Container Insights counts the running tasks, which the worker's scaling needs. */
export class Cluster extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>
  readonly name: pulumi.Output<string>

  constructor (name: string, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Cluster', name, {}, opts)
    const cluster = new ecs.Cluster(name, { settings: [{ name: 'containerInsights', value: 'enabled' }] }, { parent: this })
    new ecs.ClusterCapacityProviders(name, { clusterName: cluster.name, capacityProviders: ['FARGATE'] }, { parent: this })
    this.arn = cluster.arn
    this.name = cluster.name
    this.registerOutputs({ arn: this.arn })
  }
}
