import * as apigatewayv2 from '@pulumi/aws/apigatewayv2/index.js'
import * as cloudwatch from '@pulumi/aws/cloudwatch/index.js'
import type * as lb from '@pulumi/aws/lb/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Settings } from '../config-schema.ts'
import type { Balancer } from './balancer.ts'
import type { Domain } from './domain.ts'
import { allow, securityGroup } from './security-groups.ts'

export interface GatewayArgs {
  vpcId: pulumi.Output<string>
  subnetIds: pulumi.Output<string>[]
  balancer: Balancer
  /** The ingestion API's listener of that balancer, and its port. */
  listener: lb.Listener
  port: number
  limits: Settings['gateway']
  domain: Domain | undefined
  logDays: number
}

/** What AWS gives a request at most, in milliseconds; bodies of more than 10 MB it refuses too. Both have their answer in `POST /uploads`. */
const timeoutMilliseconds = 30_000

/** API Gateway before the ingestion API: throttled, logged, and by a private link to the balancer inside the network. */
export class Gateway extends pulumi.ComponentResource {
  /** Where providers send batches. */
  readonly url: pulumi.Output<string>
  readonly apiId: pulumi.Output<string>

  constructor (name: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Gateway', name, {}, opts)
    const parent = this
    const { domain, limits, balancer } = args
    const group = securityGroup(`${name}-gateway`, 'link of the API gateway', args.vpcId, parent)
    const rules = allow(`${name}-gateway`, group, balancer.group, args.port, parent)
    const link = new apigatewayv2.VpcLink(name, { subnetIds: args.subnetIds, securityGroupIds: [group.id] }, { parent, dependsOn: rules })
    const api = new apigatewayv2.Api(name, {
      protocolType: 'HTTP', description: 'Batches of prices', disableExecuteApiEndpoint: domain !== undefined,
    }, { parent })
    const integration = new apigatewayv2.Integration(name, {
      apiId: api.id,
      integrationType: 'HTTP_PROXY',
      integrationMethod: 'ANY',
      connectionType: 'VPC_LINK',
      connectionId: link.id,
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
      defaultRouteSettings: { throttlingRateLimit: limits.requestsPerSecond, throttlingBurstLimit: limits.burst, detailedMetricsEnabled: false },
      accessLogSettings: { destinationArn: logs.arn, format: JSON.stringify(accessLog) },
    }, { parent, dependsOn: route })

    this.apiId = api.id
    this.url = domain ? this.#named(name, api, stage, domain) : api.apiEndpoint
    this.registerOutputs({ url: this.url })
  }

  #named (name: string, api: apigatewayv2.Api, stage: apigatewayv2.Stage, domain: Domain): pulumi.Output<string> {
    const named = new apigatewayv2.DomainName(name, {
      domainName: domain.batches.name,
      domainNameConfiguration: { certificateArn: domain.batches.certificateArn, endpointType: 'REGIONAL', securityPolicy: 'TLS_1_2' },
    }, { parent: this })
    const mapping = new apigatewayv2.ApiMapping(name, { apiId: api.id, domainName: named.id, stage: stage.id }, { parent: this })
    const { targetDomainName: dnsName, hostedZoneId: zoneId } = named.domainNameConfiguration
    domain.point(`${name}-batches`, domain.batches, { dnsName, zoneId })
    return mapping.id.apply(() => `https://${domain.batches.name}`)
  }
}

/** No key, no body: who, what, how long, and the request's id, which our own log has too. */
const accessLog = {
  time: '$context.requestTime', requestId: '$context.requestId', ip: '$context.identity.sourceIp', method: '$context.httpMethod', path: '$context.path',
  status: '$context.status', bytes: '$context.responseLength', ms: '$context.responseLatency', error: '$context.error.message',
  integrationStatus: '$context.integrationStatus', integrationError: '$context.integrationErrorMessage',
}
