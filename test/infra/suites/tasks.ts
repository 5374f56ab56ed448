import type { Test } from 'tap'
import { isSecret, open, type Program } from '../program.ts'

/** Checks every task. */
export function tasks (t: Test, { of, all, stack }: Program): void {
  const definitions = of('aws:ecs/taskDefinition:TaskDefinition')
  t.same(definitions.map(({ name }) => name).sort(), ['ingestion', 'migrate', 'ops', 'rates', 'worker'].map(name => `${stack}-${name}`))
  for (const { name, inputs } of definitions) {
    t.notOk(isSecret(inputs.containerDefinitions), `${name}: no secret is in plain configuration`)
    const [container, ...others] = JSON.parse(open(inputs.containerDefinitions))
    t.equal(others.length, 0)
    t.match(container.image, /@sha256:[0-9a-f]{64}$/, `${name} pins a digest`)
    t.match(container, { readonlyRootFilesystem: true, user: 'node', linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } } }, name)
    t.ok(container.stopTimeout >= 30 && container.stopTimeout <= 120, `${name} has time to stop`)
    t.equal(container.logConfiguration.options.mode, 'non-blocking')
    if (container.portMappings.length > 0) t.match(container.healthCheck.command, ['CMD', 'node', 'lib/http/health-check.ts'])
    t.equal(inputs.skipDestroy, true, `${name}: the running version can be rolled back to`)
    t.notOk(container.environment.some((one: { name: string, value: string }) => /password|secret(?!$)/i.test(one.name) || /:[^/@]+@/.test(one.value.replace('://', ''))), `${name}: no password`)
  }
  t.ok(of('aws:ecs/service:Service').every(({ inputs }) => inputs.enableExecuteCommand === false), 'no task has a shell')
  t.ok(of('aws:cloudwatch/logGroup:LogGroup').every(({ inputs }) => inputs.retentionInDays > 0), 'every log expires')

  const owned = all.filter(({ custom, type }) => custom && !type.startsWith('pulumi:'))
  t.ok(owned.every(({ provider, type }) => type.startsWith('docker:') || provider.includes('::aws::')), 'every resource uses the stack\'s own provider')
  t.ok(owned.every(({ name }) => name === stack || name.startsWith(`${stack}-`) || name.startsWith(`freight-${stack}-`)), 'every name begins with that of the stack')
  const provider = of('pulumi:providers:aws')[0]!.inputs
  t.match(JSON.parse(provider.defaultTags), { tags: { Project: 'freight-rates', Stack: stack } })
  t.equal(JSON.parse(provider.allowedAccountIds).length, 1)
}
