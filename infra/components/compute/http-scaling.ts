import * as appautoscaling from '@pulumi/aws/appautoscaling/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Balancer } from '../load-balancing/balancer.ts'
import type { BlueGreen } from '../load-balancing/blue-green.ts'

export interface HttpScalingArgs {
  clusterName: pulumi.Output<string>
  serviceName: pulumi.Output<string>
  balancer: Balancer
  traffic: BlueGreen
  minTasks: number
  maxTasks: number
  /** Requests a minute for each task. */
  requestsPerTask: number
}

/** Scales the tasks by requests and CPU. The sum over both target groups stays correct when a deployment swaps them. */
export function httpScaling (name: string, args: HttpScalingArgs, parent: pulumi.Resource): void {
  const service = {
    serviceNamespace: 'ecs', scalableDimension: 'ecs:service:DesiredCount', resourceId: pulumi.interpolate`service/${args.clusterName}/${args.serviceName}`,
  }
  const target = new appautoscaling.Target(name, { ...service, minCapacity: args.minTasks, maxCapacity: args.maxTasks }, { parent })
  const policy = (suffix: string, targetValue: number, specification: object) => new appautoscaling.Policy(`${name}-${suffix}`, {
    ...service,
    policyType: 'TargetTrackingScaling',
    targetTrackingScalingPolicyConfiguration: { targetValue, scaleOutCooldown: 60, scaleInCooldown: 300, ...specification },
  }, { parent, dependsOn: target })
  const requests = (id: string, targets: BlueGreen['blue']) => ({
    id, returnData: false,
    metricStat: {
      stat: 'Sum',
      metric: {
        namespace: 'AWS/ApplicationELB', metricName: 'RequestCountPerTarget',
        dimensions: [{ name: 'LoadBalancer', value: args.balancer.arnSuffix }, { name: 'TargetGroup', value: targets.arnSuffix }],
      },
    },
  })
  policy('cpu', 60, { predefinedMetricSpecification: { predefinedMetricType: 'ECSServiceAverageCPUUtilization' } })
  policy('requests', args.requestsPerTask, {
    customizedMetricSpecification: {
      metrics: [requests('blue', args.traffic.blue), requests('green', args.traffic.green), { id: 'sum', expression: 'FILL(blue, 0) + FILL(green, 0)', label: 'requests per task', returnData: true }],
    },
  })
}
