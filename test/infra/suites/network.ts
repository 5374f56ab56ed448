import type { Test } from 'tap'
import type { Program } from '../program.ts'

/** Checks which addresses and groups can connect to which. */
export function network (t: Test, { of, named, stack }: Program): void {
  const groups = of('aws:ec2/securityGroup:SecurityGroup')
  t.ok(groups.every(({ inputs }) => inputs.ingress === undefined && inputs.egress === undefined), 'groups have no inline rules: rules are resources')
  const closed = named(`${stack}-default`, 'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup').inputs
  t.notOk(closed.ingress ?? closed.egress, 'the default group of the VPC has no rule')

  for (const { name, inputs } of of('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule')) {
    if (inputs.cidrIpv4) t.equal(inputs.securityGroupId, `${stack}-entrance-id`, `${name}: addresses reach only the public balancer`)
    else t.ok(groups.some(group => `${group.name}-id` === inputs.referencedSecurityGroupId), `${name} names a group`)
    t.equal(inputs.fromPort, inputs.toPort, `${name} opens one port`)
  }
  for (const { name, inputs } of of('aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule')) {
    if (inputs.cidrIpv4) t.match(inputs, { securityGroupId: `${stack}-aws-clients-id`, fromPort: 443, toPort: 443 }, `${name}: HTTPS only`)
    else t.ok(inputs.referencedSecurityGroupId ?? inputs.prefixListId, `${name} names a group or S3`)
  }

  const into = (group: string) => of('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule').filter(({ inputs }) => inputs.securityGroupId === `${group}-id`)
  const tests = into(`${stack}-balancer`).filter(({ inputs }) => inputs.fromPort >= 9000)
  t.same(tests.map(({ inputs }) => inputs.referencedSecurityGroupId).sort(), [`${stack}-ingestion-smoke-id`, `${stack}-rates-smoke-id`], 'test listeners accept only the smoke checks')
  t.same(into(`${stack}-database`).map(({ inputs }) => inputs.referencedSecurityGroupId).sort(),
    ['ingestion', 'migrate', 'ops', 'rates', 'worker'].map(name => `${stack}-${name}-id`), 'only the services reach the database')

  t.equal(named(`${stack}-inner`, 'aws:lb/loadBalancer:LoadBalancer').inputs.internal, true)
  t.ok(of('aws:ecs/service:Service').every(({ inputs }) => inputs.networkConfiguration.assignPublicIp === false), 'no task has a public address')
  const isolated = of('aws:ec2/subnet:Subnet').filter(({ name }) => name.includes('isolated')).map(({ name }) => `${name}-id`)
  t.same(named(stack, 'aws:rds/subnetGroup:SubnetGroup').inputs.subnetIds, isolated, 'the subnets of the database have no egress')
  t.notOk(of('aws:ec2/route:Route').some(({ inputs }) => inputs.routeTableId === `${stack}-isolated-id`))

  for (const { name, inputs } of of('aws:lb/listener:Listener').filter(({ inputs }) => inputs.protocol === 'HTTPS')) {
    t.match(inputs.sslPolicy, /TLS13-1-2/, `${name}: TLS 1.2 and newer`)
  }
  const groupNames = of('aws:lb/targetGroup:TargetGroup').map(({ name }) => name.length + '-1234567'.length)
  t.ok(Math.max(...groupNames) <= 32, 'AWS does not shorten the name of a target group')
}
