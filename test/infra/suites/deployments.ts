import type { Test } from 'tap'
import type { Program } from '../program.ts'

/** Checks how a new version takes over. */
export function deployments (t: Test, { of, named, stack }: Program): void {
  const migrationTask = named(`${stack}-migrate`, 'aws:ecs/taskDefinition:TaskDefinition')
  const before = [
    migrationTask, ...of('aws:ec2/route:Route'), ...of('aws:ec2/vpcEndpoint:VpcEndpoint'),
    ...of('aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule').filter(({ name }) => /migrate|https-out|s3-out|endpoints/.test(name)),
    ...of('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule').filter(({ name }) => /migrate|endpoints/.test(name)),
    ...of('aws:iam/rolePolicy:RolePolicy').filter(({ name }) => name.includes('migrate')),
    ...of('aws:secretsmanager/secretVersion:SecretVersion').filter(({ name }) => /master-url|api-keys/.test(name)),
    ...of('aws:rds/instance:Instance'), ...of('aws:rds/clusterInstance:ClusterInstance')]

  for (const [name, type] of [[`${stack}-ops`, 'aws:ecs/taskDefinition:TaskDefinition'], [`${stack}-ops-task`, 'aws:iam/rolePolicy:RolePolicy']] as const) {
    const { dependsOn, beforeCreate, beforeUpdate } = named(name, type)
    t.same([beforeCreate, beforeUpdate], [[`${stack}-migration`], [`${stack}-migration`]], `${name}: the migration creates the login of operators first`)
    t.same(before.filter(({ urn }) => !dependsOn.includes(urn)).map(one => one.name), [], `${name} waits for all that the migration's task needs`)
  }
  for (const service of of('aws:ecs/service:Service')) {
    const { name, inputs, ignoreChanges, dependsOn, beforeCreate, beforeUpdate, timeouts } = service
    t.same([beforeCreate, beforeUpdate], [[`${stack}-migration`], [`${stack}-migration`]], `${name}: the migration runs first`)
    t.same(before.filter(({ urn }) => !dependsOn.includes(urn)).map(one => one.name), [], `${name} waits for all that the migration's task needs`)
    const undone = { enable: true, rollback: true }
    t.match(inputs, { deploymentCircuitBreaker: undone, alarms: undone, waitForSteadyState: true })
    t.ok(inputs.alarms.alarmNames.length > 0)
    t.ok(ignoreChanges.includes('desiredCount'), `${name}: the count of scaling remains`)
    t.ok(Number.parseInt(timeouts.update!) >= 30, `${name} has time`)
  }

  for (const api of ['rates', 'ingestion'].map(name => named(`${stack}-${name}`, 'aws:ecs/service:Service'))) {
    const { strategy, lifecycleHooks } = api.inputs.deploymentConfiguration
    t.match(strategy, /^(BLUE_GREEN|LINEAR|CANARY)$/)
    t.match(lifecycleHooks[0], { targetType: 'AWS_LAMBDA', lifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'] }, 'the smoke check precedes the traffic')
    t.ok(api.ignoreChanges.includes('loadBalancers'), 'ECS swaps the target groups')
    const [{ targetGroupArn, advancedConfiguration }] = api.inputs.loadBalancers
    t.not(targetGroupArn, advancedConfiguration.alternateTargetGroupArn)
    t.ok(advancedConfiguration.testListenerRule && advancedConfiguration.productionListenerRule && advancedConfiguration.roleArn)
  }
  t.same(named(`${stack}-worker`, 'aws:ecs/service:Service').inputs.deploymentConfiguration, { strategy: 'ROLLING' })
  const { dependsOn } = named(`${stack}-ingestion`, 'aws:ecs/service:Service')
  t.ok(dependsOn.includes(named(`${stack}-worker`, 'aws:ecs/service:Service').urn), 'the old workers end before a new ingestion API starts')
  for (const rule of of('aws:lb/listenerRule:ListenerRule')) t.same(rule.ignoreChanges, ['actions'], `${rule.name}: ECS changes the weights`)
  for (const group of of('aws:lb/targetGroup:TargetGroup')) t.equal(group.inputs.healthCheck.path, '/live', 'an unavailable database replaces no task')
}
