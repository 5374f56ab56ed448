const own = 'freight-rates:'
const examples: Record<string, Record<string, unknown>> = {
  dev: { account: '111111111111', allowedCidrs: ['203.0.113.0/24'] },
  staging: { account: '222222222222', domain: { name: 'rates.staging.example.com', zoneId: 'Z0STAGINGEXAMPLE' } },
  prod: { account: '333333333333', domain: { name: 'rates.example.com', zoneId: 'Z0PRODUCTIONEXAMPLE' } },
}
const exampleZones: Record<string, string[]> = { dev: ['a', 'b'] }
/** Settings that each account has, and this repository does not. */
const personal = ['account', 'domain', 'allowedCidrs', 'permissionsBoundary', 'image']

/**
 * Returns the settings of a stack with the accounts, names and addresses of the examples, for comparison in tests. Otherwise the tests of a
 * repository with filled-in settings (`npm run stack -- init`) would fail.
 */
export function asExample (stack: string, config: Record<string, unknown>): Record<string, unknown> {
  const shared = Object.entries(config).filter(([key]) => ![...personal, 'network'].some(name => key === own + name))
  const { zones: _, ...others } = config[`${own}network`] as Record<string, unknown> | undefined ?? {}
  const network = { ...others, ...exampleZones[stack] && { zones: exampleZones[stack] } }
  if (Object.keys(network).length > 0) shared.push([`${own}network`, network])
  return { ...Object.fromEntries(shared), 'aws:region': 'eu-west-1', ...Object.fromEntries(Object.entries(examples[stack] ?? {}).map(([key, value]) => [own + key, value])) }
}
