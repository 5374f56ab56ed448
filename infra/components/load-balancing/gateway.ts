import * as apigatewayv2 from '@pulumi/aws/apigatewayv2/index.js'
import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import type * as lb from '@pulumi/aws/lb/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Settings } from '../../config-schema.ts'
import type { Balancer } from './balancer.ts'
import type { Domain, Host } from './domain.ts'
import { Edge } from './edge.ts'
import type { OriginKey } from './origin-key.ts'
import { allow, securityGroup } from '../network/security-groups.ts'

export interface GatewayArgs {
  vpcId: pulumi.Output<string>
  subnetIds: pulumi.Output<string>[]
  balancer: Balancer
  /** The ingestion API's listener of that balancer, and its port. */
  listener: lb.Listener
  port: number
  settings: Settings['gateway']
  domain: Domain | undefined
  originKey: OriginKey | undefined
  logDays: number
}

/** Maximum time of a request in API Gateway, in milliseconds. API Gateway also refuses bodies of more than 10 MB. `POST /uploads` avoids both. */
const timeoutMilliseconds = 30_000

/**
 * API Gateway before the ingestion API: throttled, logged, and connected to the internal balancer by a VPC link. All callers share its
 * throttle, so CloudFront is before the gateway (`entry`), and the gateway then accepts requests from CloudFront only.
 */
export class Gateway extends pulumi.ComponentResource {
  /** URL to which providers send batches. */
  readonly url: pulumi.Output<string>
  readonly apiId: pulumi.Output<string>
  /** DNS records to create by hand if the stack has no zone: the gateway's own name, its target, and the target of the providers' name. */
  origin: Record<'name' | 'leadsTo' | 'edge', pulumi.Input<string>> | undefined

  constructor (name: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Gateway', name, {}, opts)
    const parent = this
    const { domain, settings, balancer } = args
    const group = securityGroup(`${name}-gateway`, 'link of the API gateway', args.vpcId, parent)
    const rules = allow(`${name}-gateway`, group, balancer.group, args.port, parent)
    const vpcLink = new apigatewayv2.VpcLink(name, { subnetIds: args.subnetIds, securityGroupIds: [group.id] }, { parent, dependsOn: rules })
    const api = new apigatewayv2.Api(name, {
      protocolType: 'HTTP', description: 'Batches of prices', disableExecuteApiEndpoint: domain !== undefined,
    }, { parent })
    const integration = new apigatewayv2.Integration(name, {
      apiId: api.id,
      integrationType: 'HTTP_PROXY',
      integrationMethod: 'ANY',
      connectionType: 'VPC_LINK',
      connectionId: vpcLink.id,
      integrationUri: args.listener.arn,
      payloadFormatVersion: '1.0',
      timeoutMilliseconds,
      ...(domain ? { tlsConfig: { serverNameToVerify: domain.batches.name } } : {}),
    }, { parent })
    const route = new apigatewayv2.Route(name, { apiId: api.id, routeKey: '$default', target: pulumi.interpolate`integrations/${integration.id}` }, { parent })
    const logs = new cloudwatch.LogGroup(`${name}-gateway`, { retentionInDays: args.logDays }, { parent })
    const stage = new apigatewayv2.Stage(name, {
      apiId: api.id,
      name: '$default',
      autoDeploy: true,
      defaultRouteSettings: { throttlingRateLimit: settings.requestsPerSecond, throttlingBurstLimit: settings.burst, detailedMetricsEnabled: false },
      accessLogSettings: { destinationArn: logs.arn, format: JSON.stringify(accessLog) },
    }, { parent, dependsOn: route })

    this.apiId = api.id
    this.url = domain ? this.#connectDomain(name, api, stage, { ...args, domain }) : api.apiEndpoint
    this.registerOutputs({ url: this.url })
  }

  /** Points the name to the gateway, or to CloudFront before it. While `entry` is `moving`, the gateway responds to both names. */
  #connectDomain (name: string, api: apigatewayv2.Api, stage: apigatewayv2.Stage, args: GatewayArgs & { domain: Domain }): pulumi.Output<string> {
    const { domain, originKey, settings, logDays } = args
    const url = pulumi.output(`https://${domain.batches.name}`)
    const own = settings.entry === 'edge' ? undefined : this.#mapDomainName(name, domain.batches, api, stage)
    if (settings.entry === 'direct') {
      domain.addAliasRecord(`${name}-batches`, domain.batches, own!.alias)
      return own!.mapping.id.apply(() => url)
    }
    const origin = domain.origin(name, originKey!)
    const { alias, mapping } = this.#mapDomainName(`${name}-origin`, origin, api, stage)
    const record = domain.addAliasRecord(`${name}-origin`, origin, alias)
    const edge = new Edge(name, {
      host: domain.batchesAtEdge(name), originName: pulumi.output(origin.name), key: originKey!,
      requestsPerAddressPerMinute: settings.requestsPerAddressPerMinute, logDays, dependsOn: [mapping, ...record],
    }, { parent: this })
    domain.addAliasRecord(`${name}-batches`, domain.batches, edge)
    this.origin = { name: origin.name, leadsTo: alias.dnsName, edge: edge.dnsName }
    return url
  }

  /** Maps the name of `host` to the API. */
  #mapDomainName (name: string, host: Host, api: apigatewayv2.Api, stage: apigatewayv2.Stage) {
    const customDomain = new apigatewayv2.DomainName(name, {
      domainName: host.name,
      domainNameConfiguration: { certificateArn: host.certificateArn, endpointType: 'REGIONAL', securityPolicy: 'TLS_1_2' },
    }, { parent: this })
    const mapping = new apigatewayv2.ApiMapping(name, { apiId: api.id, domainName: customDomain.id, stage: stage.id }, { parent: this })
    const { targetDomainName: dnsName, hostedZoneId: zoneId } = customDomain.domainNameConfiguration
    return { mapping, alias: { dnsName, zoneId } }
  }
}

/** No key and no body: address, request, duration, and the request id, which our own log also has. */
const accessLog = {
  time: '$context.requestTime', requestId: '$context.requestId', ip: '$context.identity.sourceIp', method: '$context.httpMethod', path: '$context.path',
  status: '$context.status', bytes: '$context.responseLength', ms: '$context.responseLatency', error: '$context.error.message',
  integrationStatus: '$context.integrationStatus', integrationError: '$context.integrationErrorMessage',
}
