import type * as ecs from '@pulumi/aws/ecs/index.js'
import type { Settings } from '../../config-schema.ts'
import type { SmokeCheck } from './smoke-check.ts'

/** Returns how ECS brings a new version in: first the smoke check, then an optional approval by a person, then the traffic. */
export function deploymentConfiguration (deployment: Settings['deployment'], smoke: SmokeCheck): ecs.ServiceArgs['deploymentConfiguration'] {
  const { strategy, bakeMinutes, stepPercent, stepMinutes, approval, approvalMinutes } = deployment
  const lifecycleStages = ['POST_TEST_TRAFFIC_SHIFT']
  return {
    strategy,
    bakeTimeInMinutes: String(bakeMinutes),
    ...(strategy === 'LINEAR' ? { linearConfiguration: { stepPercent, stepBakeTimeInMinutes: String(stepMinutes) } } : {}),
    ...(strategy === 'CANARY' ? { canaryConfiguration: { canaryPercent: stepPercent, canaryBakeTimeInMinutes: String(stepMinutes) } } : {}),
    lifecycleHooks: [
      { targetType: 'AWS_LAMBDA', hookTargetArn: smoke.functionArn, roleArn: smoke.caller.arn, lifecycleStages },
      ...(approval ? [{ targetType: 'PAUSE', lifecycleStages, timeoutConfiguration: { action: 'ROLLBACK', timeoutInMinutes: String(approvalMinutes) } }] : []),
    ],
  }
}

/** Returns the maximum duration of a deployment in minutes, including a rollback at the very end. */
export function deploymentMinutes ({ strategy, bakeMinutes, stepPercent, stepMinutes, approval, approvalMinutes }: Settings['deployment']): number {
  const steps = strategy === 'LINEAR' ? Math.ceil(100 / stepPercent) : strategy === 'CANARY' ? 1 : 0
  const startAndStop = 30
  return startAndStop + bakeMinutes + steps * (stepMinutes + 1) + (approval ? approvalMinutes : 0)
}
