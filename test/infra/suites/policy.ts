import type { Test } from 'tap'
import { rules, type DeclaredResource } from '../../../infra/policy/rules.ts'
import type { Program } from '../program.ts'
import { configOf } from '../stack-files.ts'

/** Checks the rules of the policy pack, which a real run calls through the engine. */
export function policy (t: Test, { all, stack }: Program): void {
  const tier = String(configOf(stack)['freight-rates:tier'])
  for (const { name: rule, types, problem } of rules) {
    const matching = all.filter(({ type, custom }) => custom && types.includes(type))
    const problems = matching.map(({ name, inputs, protect }) => problem({ name, tier, inputs: plain(inputs), protect }))
    t.same(problems.filter(found => found !== undefined), [], rule)
  }
}

const pinned = `x@sha256:${'a'.repeat(64)}`
const distribution = {
  webAclId: 'arn', isIpv6Enabled: false, defaultCacheBehavior: { viewerProtocolPolicy: 'https-only' }, viewerCertificate: { minimumProtocolVersion: 'TLSv1.2_2021' },
  customErrorResponses: [404, 500, 502, 503, 504].map(errorCode => ({ errorCode, errorCachingMinTtl: 0 })),
}
const counting = (rateBasedStatement: object): DeclaredResource['inputs'] => ({ rules: [{ statement: { rateBasedStatement } }] })
const task = (container: object): DeclaredResource['inputs'] => ({ containerDefinitions: JSON.stringify([{ image: pinned, readonlyRootFilesystem: true, ...container }]) })

/** Violations that each rule must catch. */
export const broken: Record<string, Array<Partial<DeclaredResource>>> = {
  'queues-are-encrypted': [{ inputs: { fifoQueue: true } }],
  'databases-are-encrypted': [{ inputs: {} }, { inputs: { storageEncrypted: true, publiclyAccessible: true } }],
  'buckets-are-closed': [{ inputs: { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true } }],
  'data-is-protected': [{ tier: 'production', inputs: { engine: 'postgres' } }, { tier: 'staging' }, { tier: undefined }],
  'logs-have-retention': [{}, { inputs: { retentionInDays: 0 } }],
  'ingress-is-by-group': [{ inputs: { cidrIpv4: '10.0.0.0/8', fromPort: 5432, toPort: 5432 } }, { inputs: { cidrIpv4: '0.0.0.0/0', fromPort: 0, toPort: 443 } }],
  'groups-have-no-rules-of-their-own': [{ inputs: { ingress: [{ fromPort: 22 }] } }],
  'images-are-pinned': [{ inputs: task({ image: 'x:latest' }) }],
  'tasks-cannot-write': [{ inputs: task({ readonlyRootFilesystem: false }) }, { inputs: task({ user: 'root' }) }, { inputs: task({ privileged: true }) }],
  'rate-limits-ignore-paths': [
    { inputs: { rules: [] } },
    { inputs: counting({ scopeDownStatement: { byteMatchStatement: { searchString: '/rates', fieldToMatch: { uriPath: {} } } } }) },
    { inputs: counting({ scopeDownStatement: { notStatement: { statement: { regexMatchStatement: { fieldToMatch: { uriPath: {} } } } } } }) },
  ],
  'gateways-are-closed': [{ tier: 'production', inputs: {} }, { tier: 'staging', inputs: { disableExecuteApiEndpoint: false } }, { tier: undefined, inputs: {} }],
  'edges-are-guarded': [
    { webAclId: undefined }, { isIpv6Enabled: true }, { customErrorResponses: [] }, { defaultCacheBehavior: { viewerProtocolPolicy: 'redirect-to-https' } },
    { viewerCertificate: { minimumProtocolVersion: 'TLSv1.1_2016' } },
  ].map(change => ({ inputs: { ...distribution, ...change } })),
  'secrets-are-not-environment': ['DB_PASSWORD=x', 'MY_SECRET=x', 'URL=postgres://a:b@c/d'].map(pair => {
    const [name, value] = pair.split('=')
    return { inputs: task({ environment: [{ name, value }] }) }
  }),
}

export function brokenRules (t: Test): void {
  t.same(Object.keys(broken).sort(), rules.map(({ name }) => name).sort())
  t.equal(rules.find(({ name }) => name === 'edges-are-guarded')!.problem({ name: 'x', tier: 'production', inputs: distribution, protect: false }), undefined)
  for (const { name, problem } of rules) {
    for (const resource of broken[name] ?? []) t.type(problem({ name: 'x', tier: 'development', inputs: {}, protect: false, ...resource }), 'string', name)
  }
}

/** Secrets are marked objects in requests to the engine; the pack sees their values. */
function plain (inputs: Record<string, any>): Record<string, any> {
  return Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, value?.value !== undefined && typeof value === 'object' ? value.value : value]))
}
