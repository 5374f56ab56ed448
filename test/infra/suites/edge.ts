import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { open, type Program, runProgram } from '../program.ts'

const distributionType = 'aws:cloudfront/distribution:Distribution'
const nameType = 'aws:apigatewayv2/domainName:DomainName'
const recordType = 'aws:route53/record:Record'
/** Every part of a request that can name the purpose of the request. */
const partOfRequest = /uriPath|queryString|headers|singleHeader|method|body|cookies|singleQueryArgument/

/** Checks that the firewall before the rates API counts every request from outside the VPC, and none from inside. */
export function firewall (t: Test, { of, named, stack }: Program): void {
  const acls = of('aws:wafv2/webAcl:WebAcl').filter(({ inputs }) => inputs.scope === 'REGIONAL')
  t.equal(acls.length, stack === 'prod' ? 1 : 0)
  for (const { inputs } of acls) {
    const [{ statement: { rateBasedStatement }, action }, ...others] = inputs.rules
    t.same(others, [])
    t.same(action, { block: {} })
    t.match(rateBasedStatement, { limit: 10_000, aggregateKeyType: 'IP', evaluationWindowSec: 300 })
    t.notMatch(JSON.stringify(rateBasedStatement), partOfRequest, 'no spelling of a request is excluded')
    const inside = named(`${stack}-inside`, 'aws:wafv2/ipSet:IpSet')
    t.match(inside.inputs, { scope: 'REGIONAL', ipAddressVersion: 'IPV4', addresses: ['10.0.0.0/16'] })
    t.same(rateBasedStatement.scopeDownStatement, { notStatement: { statement: { ipSetReferenceStatement: { arn: 'arn:aws:wafv2:eu-west-1:111111111111:IpSet/prod-inside' } } } })
    t.same(of('aws:wafv2/webAclAssociation:WebAclAssociation').map(({ inputs }) => inputs.resourceArn), [`arn:aws:lb:eu-west-1:111111111111:LoadBalancer/${stack}-inner`])
  }
}

/** Checks that the name of the ingestion API leads to CloudFront, which counts each address, and that the gateway serves no other caller. */
export function edge (t: Test, program: Program): void {
  const { of, named, stack } = program
  if (stack === 'dev') {
    t.same(of(distributionType), [], 'without a domain the gateway cannot be closed')
    return
  }
  const host = stack === 'prod' ? 'batches.rates.example.com' : 'batches.rates.staging.example.com'
  const key = open(named(`${stack}-origin-key-1`, 'aws:secretsmanager/secretVersion:SecretVersion').inputs.secretString)
  const origin = `o${createHash('sha256').update(key).digest('hex').slice(0, 32)}.${host}`

  const { inputs } = named(stack, distributionType)
  t.same(inputs.aliases, [host])
  t.equal(inputs.isIpv6Enabled, false, 'a client has one address')
  const [only, ...others] = inputs.origins
  t.same(others, [])
  t.equal(open(only.domainName), origin)
  t.equal(open(only.customHeaders[0].value), key)
  t.match(only.customOriginConfig, { originProtocolPolicy: 'https-only', originSslProtocols: ['TLSv1.2'] })
  t.ok(only.customOriginConfig.originReadTimeout > 30, 'the gateway times out first')

  const behavior = inputs.defaultCacheBehavior
  t.match(behavior, { viewerProtocolPolicy: 'https-only', compress: false })
  t.same([...behavior.allowedMethods].sort(), ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])
  t.notOk(behavior.functionAssociations ?? behavior.lambdaFunctionAssociations, 'no rule rewrites a request or reads a body')
  const { minTtl, defaultTtl, maxTtl, parametersInCacheKeyAndForwardedToOrigin: cacheKey } = named(`${stack}-per-caller`, 'aws:cloudfront/cachePolicy:CachePolicy').inputs
  t.same([minTtl, defaultTtl, maxTtl], [0, 0, 1], 'no response is cached')
  t.same(cacheKey.headersConfig.headers.items, ['Authorization', 'Accept', 'Accept-Encoding'], 'no caller gets the response to another')
  t.equal(cacheKey.queryStringsConfig.queryStringBehavior, 'all')
  t.notOk(cacheKey.enableAcceptEncodingGzip || cacheKey.enableAcceptEncodingBrotli)
  t.match(named(`${stack}-all-but-host`, 'aws:cloudfront/originRequestPolicy:OriginRequestPolicy').inputs, {
    headersConfig: { headerBehavior: 'allExcept', headers: { items: ['Host'] } }, queryStringsConfig: { queryStringBehavior: 'all' },
  }, 'every header that a provider sends arrives')
  const errors = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504].map(errorCode => ({ errorCode, errorCachingMinTtl: 0 }))
  t.same(inputs.customErrorResponses, errors, 'no error is cached, none is changed')

  firewallOfEdge(t, program)
  closed(t, program, { host, origin, key })
  t.ok(of('aws:cloudwatch/logGroup:LogGroup').some(({ inputs }) => inputs.name === `/aws/vendedlogs/cloudfront/${stack}` && inputs.retentionInDays > 0))
  const { recordFields } = named(`${stack}-edge`, 'aws:cloudwatch/logDelivery:LogDelivery').inputs
  t.ok(recordFields.includes('c-ip') && !recordFields.some((field: string) => /query|cookie|header/.test(field)), 'clients by address, no secret')
  const atEdge = [
    named(`${stack}-edge`, 'aws:wafv2/webAcl:WebAcl'), named(`${stack}-edge`, 'aws:cloudwatch/logGroup:LogGroup'),
    named(`${stack}-batches-edge`, 'aws:acm/certificate:Certificate'),
  ]
  t.same(atEdge.map(({ inputs }) => inputs.region), ['us-east-1', 'us-east-1', 'us-east-1'], 'the region of CloudFront')
}

function firewallOfEdge (t: Test, { named, stack }: Program): void {
  const acl = named(`${stack}-edge`, 'aws:wafv2/webAcl:WebAcl')
  t.equal(named(stack, distributionType).inputs.webAclId, 'arn:aws:wafv2:eu-west-1:111111111111:WebAcl/' + acl.name)
  const [{ statement: { rateBasedStatement }, action }, ...others] = acl.inputs.rules
  t.same(others, [])
  t.equal(acl.inputs.scope, 'CLOUDFRONT')
  t.same(rateBasedStatement, { limit: 6_000, aggregateKeyType: 'IP', evaluationWindowSec: 60 }, 'each address separately, whatever it requests')
  t.match(action.block.customResponse, { responseCode: 429, responseHeaders: [{ name: 'Retry-After', value: '60' }] })
  const body = acl.inputs.customResponseBodies.find(({ key }: Record<string, string>) => key === action.block.customResponse.customResponseBodyKey)
  t.match(JSON.parse(body.content), { message: 'Too Many Requests', type: '/problems/too-many-requests', status: 429 }, 'the response of the gateway, and a problem')
  const { throttlingRateLimit } = named(stack, 'aws:apigatewayv2/stage:Stage').inputs.defaultRouteSettings
  t.ok(throttlingRateLimit * 60 >= 20 * rateBasedStatement.limit, 'a few addresses cannot use up the shared limit')
}

/** Checks that the gateway has one random name, and that the balancer accepts its requests by the key alone. */
function closed (t: Test, { of, named, stack }: Program, { host, origin, key }: Record<'host' | 'origin' | 'key', string>): void {
  t.ok(key.length >= 43 && /^o[0-9a-f]{32}\./.test(origin), 'neither can be guessed')
  t.equal(named(stack, 'aws:apigatewayv2/api:Api').inputs.disableExecuteApiEndpoint, true)
  t.same(of(nameType).map(({ inputs }) => open(inputs.domainName)), [origin], 'no other name is served')
  t.same(of('aws:acm/certificate:Certificate').map(({ inputs }) => inputs.domainName).filter(name => origin.endsWith(name.slice(1)) && name.startsWith('*')), [`*.${host}`],
    'no certificate, which is public, has the name')
  const records = Object.fromEntries(of(recordType).filter(({ inputs }) => inputs.type === 'A').map(({ name, inputs }) => [name, [open(inputs.name), inputs.aliases[0].name]]))
  t.same(records[`${stack}-batches`], [host, `${stack}.cloudfront.net`])
  t.same(records[`${stack}-origin`], [origin, 'target.example'])
  const { conditions } = named(`${stack}-ingestion`, 'aws:lb/listenerRule:ListenerRule').inputs
  t.same(conditions.map((one: any) => one.httpHeader ? [one.httpHeader.httpHeaderName, open(one.httpHeader.values[0])] : one.pathPattern.values), [['/*'], ['X-Origin-Key', key]])
  t.same(named(`${stack}-ingestion-test`, 'aws:lb/listenerRule:ListenerRule').inputs.conditions.length, 1, 'the smoke check needs no key')
}

/** Checks the move from the gateway's name to CloudFront: both serve for a while. */
export async function moving (t: Test): Promise<void> {
  const gateway = (entry: string) => ({ gateway: { entry, requestsPerSecond: 5_000, burst: 5_000 } })
  const [direct, both, closed] = [await runProgram('staging', gateway('direct')), await runProgram('staging', gateway('moving')), await runProgram('staging', gateway('edge'))]
  const host = 'batches.rates.staging.example.com'
  const namesOf = ({ of }: Program): string[] => of(nameType).map(({ name }) => name).sort()
  t.same([direct, both, closed].map(namesOf), [['staging'], ['staging', 'staging-origin'], ['staging-origin']], 'the old name is removed last')
  t.same([direct, both, closed].map(({ of }) => of(distributionType).length), [0, 1, 1])
  const leadsTo = ({ named }: Program): unknown[] => [named('staging-batches', recordType).inputs.name, named('staging-batches', recordType).inputs.aliases[0].name]
  t.same([direct, both, closed].map(leadsTo), [[host, 'target.example'], [host, 'staging.cloudfront.net'], [host, 'staging.cloudfront.net']], 'one record, which moves')
  const conditions = ({ named }: Program): number => named('staging-ingestion', 'aws:lb/listenerRule:ListenerRule').inputs.conditions.length
  t.same([direct, both, closed].map(conditions), [1, 1, 2], 'the balancer requires the key once all requests come through CloudFront')
  t.same(direct.outputs.batchesUrl, closed.outputs.batchesUrl, 'providers see no other name')

  const given = { name: 'rates.example.com', certificateArn: 'arn:aws:acm:eu-west-1:1:certificate/a', edgeCertificateArn: 'arn:aws:acm:us-east-1:1:certificate/b' }
  const own = await runProgram('prod', { domain: given })
  t.equal(own.named('prod', distributionType).inputs.viewerCertificate.acmCertificateArn, given.edgeCertificateArn)
  t.same(own.of('aws:acm/certificate:Certificate'), [])
  t.same([own.of(recordType), own.outputs.batchesOrigin.leadsTo, own.outputs.batchesOrigin.edge], [[], 'target.example', 'prod.cloudfront.net'], 'resources to be created outside the stack are reported')
}
