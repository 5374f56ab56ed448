import * as cloudfront from '@pulumi/aws/cloudfront/index.js'
import * as wafv2 from '@pulumi/aws/wafv2/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Host } from './domain.ts'
import { edgeLog } from './edge-log.ts'
import { edgeRegion } from './edge-region.ts'
import type { OriginKey } from './origin-key.ts'
import { rateRule, visibility } from './rate-rule.ts'

export interface EdgeArgs {
  /** The name that providers use, with a certificate of `edgeRegion`. */
  host: Host
  /** The gateway's own name, and the key that CloudFront sends to the gateway. */
  originName: pulumi.Output<string>
  key: OriginKey
  requestsPerAddressPerMinute: number
  logDays: number
  /** Resources that exist once the gateway responds to its name. */
  dependsOn: pulumi.Resource[]
}

/** Statuses that CloudFront caches for ten seconds by default, across clients. */
const cachedErrors = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504]

/** CloudFront before the API gateway. It limits each address separately, before the throttle that all callers share, and caches no response. */
export class Edge extends pulumi.ComponentResource {
  readonly dnsName: pulumi.Output<string>
  readonly zoneId: pulumi.Output<string>

  constructor (name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Edge', name, {}, opts)
    const parent = this
    const distribution = new cloudfront.Distribution(name, {
      enabled: true,
      comment: `batches of ${name}`,
      aliases: [args.host.name],
      viewerCertificate: { acmCertificateArn: args.host.certificateArn, sslSupportMethod: 'sni-only', minimumProtocolVersion: 'TLSv1.2_2021' },
      // AWS counts IPv6 addresses one by one, and each client has 2^64 of them.
      isIpv6Enabled: false,
      httpVersion: 'http2',
      priceClass: 'PriceClass_All',
      webAclId: firewall(name, args.requestsPerAddressPerMinute, parent).arn,
      restrictions: { geoRestriction: { restrictionType: 'none' } },
      origins: [{
        originId: 'gateway',
        domainName: args.originName,
        customHeaders: [args.key.header],
        // Longer than the gateway's own 30 s, so that clients get the gateway's response.
        customOriginConfig: { httpPort: 80, httpsPort: 443, originProtocolPolicy: 'https-only', originSslProtocols: ['TLSv1.2'], originReadTimeout: 60 },
      }],
      defaultCacheBehavior: {
        targetOriginId: 'gateway',
        viewerProtocolPolicy: 'https-only', // with a redirect, the first request would send its key in the clear
        allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
        cachedMethods: ['GET', 'HEAD'],
        compress: false,
        cachePolicyId: perCaller(name, parent).id,
        originRequestPolicyId: allButHost(name, parent).id,
      },
      customErrorResponses: cachedErrors.map(errorCode => ({ errorCode, errorCachingMinTtl: 0 })),
    }, { parent, dependsOn: args.dependsOn, customTimeouts: { create: '60m', update: '60m', delete: '60m' } })
    edgeLog(name, { distributionArn: distribution.arn, days: args.logDays }, parent)

    this.dnsName = distribution.domainName
    this.zoneId = distribution.hostedZoneId
    this.registerOutputs({ dnsName: this.dnsName })
  }
}

/** Limits each address separately. The response is the gateway's own 429, with the members of a problem. */
function firewall (name: string, limit: number, parent: pulumi.Resource): wafv2.WebAcl {
  const bodyKey = 'too-many-requests'
  const content = JSON.stringify({
    message: 'Too Many Requests', type: '/problems/too-many-requests', title: 'Too many requests', status: 429,
    detail: `More than ${limit} requests a minute from one address`,
  })
  return new wafv2.WebAcl(`${name}-edge`, {
    region: edgeRegion,
    scope: 'CLOUDFRONT',
    defaultAction: { allow: {} },
    visibilityConfig: visibility(`${name}-edge-all`),
    customResponseBodies: [{ key: bodyKey, contentType: 'APPLICATION_JSON', content }],
    rules: [rateRule(`${name}-edge`, { limit, windowSeconds: 60, response: { status: 429, bodyKey, retryAfterSeconds: 60 } })],
  }, { parent })
}

/**
 * Returns the cache policy. CloudFront caches no response beyond a second, and none with no-store. Concurrent requests with the same key
 * may get one response. The key therefore has everything that a response depends on, the caller first.
 */
const perCaller = (name: string, parent: pulumi.Resource): cloudfront.CachePolicy => new cloudfront.CachePolicy(`${name}-per-caller`, {
  minTtl: 0,
  defaultTtl: 0,
  maxTtl: 1, // with 0, AWS permits no header in the key
  parametersInCacheKeyAndForwardedToOrigin: {
    headersConfig: { headerBehavior: 'whitelist', headers: { items: ['Authorization', 'Accept', 'Accept-Encoding'] } },
    queryStringsConfig: { queryStringBehavior: 'all' },
    cookiesConfig: { cookieBehavior: 'none' },
    enableAcceptEncodingGzip: false,
    enableAcceptEncodingBrotli: false,
  },
}, { parent })

/** Returns the policy that forwards every header but Host: the gateway responds to its own name. */
const allButHost = (name: string, parent: pulumi.Resource): cloudfront.OriginRequestPolicy => new cloudfront.OriginRequestPolicy(`${name}-all-but-host`, {
  headersConfig: { headerBehavior: 'allExcept', headers: { items: ['Host'] } },
  queryStringsConfig: { queryStringBehavior: 'all' },
  cookiesConfig: { cookieBehavior: 'all' },
}, { parent })
