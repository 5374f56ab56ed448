import * as acm from '@pulumi/aws/acm/index.js'
import * as route53 from '@pulumi/aws/route53/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Settings } from '../../config-schema.ts'
import { edgeRegion } from './edge-region.ts'
import type { OriginKey } from './origin-key.ts'

export interface Alias {
  dnsName: pulumi.Input<string>
  zoneId: pulumi.Input<string>
}

export interface Host {
  name: pulumi.Input<string>
  certificateArn: pulumi.Output<string>
}

/** The names of a stack: `rates` for reading and `batches.` below it for sending, each with a certificate. */
export class Domain extends pulumi.ComponentResource {
  readonly rates: Host
  readonly batches: Host & { name: string }
  readonly #zoneId: string | undefined
  readonly #settings: NonNullable<Settings['domain']>
  /** By name: AWS checks every certificate of an account for that name, and for all below it, by the same record, in whatever region. */
  readonly #records = new Map<string, route53.Record>()

  constructor (name: string, args: NonNullable<Settings['domain']>, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Domain', name, {}, opts)
    const { name: rates, zoneId, certificateArn } = args
    this.#settings = args
    this.#zoneId = zoneId
    const host = <T extends string>(hostName: T, resourceName: string): Host & { name: T } => ({
      name: hostName, certificateArn: zoneId ? this.#certificate(resourceName, hostName, zoneId) : pulumi.output(certificateArn!),
    })
    this.rates = host(rates, `${name}-rates`)
    this.batches = host(`batches.${rates}`, `${name}-batches`)
    this.registerOutputs({})
  }

  /** `batches.` with a certificate that CloudFront takes. */
  batchesAtEdge (name: string): Host {
    const certificateArn = this.#zoneId ? this.#additionalCertificate(`${name}-batches-edge`, this.batches.name, edgeRegion) : pulumi.output(this.#settings.edgeCertificateArn!)
    return { name: this.batches.name, certificateArn }
  }

  /** The gateway's own name, below `batches.`: its certificate is for all names there, since certificates are published. */
  origin (name: string, { label }: OriginKey): Host {
    const below = this.batches.name
    const certificateArn = this.#zoneId ? this.#additionalCertificate(`${name}-origin`, `*.${below}`) : pulumi.output(this.#settings.certificateArn!)
    return { name: pulumi.interpolate`${label}.${below}`, certificateArn }
  }

  /** Leads `host` to what stands behind `alias`; without a zone that is for whoever keeps the names to do. */
  addAliasRecord (name: string, host: Host, { dnsName, zoneId }: Alias): pulumi.Resource[] {
    if (!this.#zoneId) return []
    return [new route53.Record(name, {
      zoneId: this.#zoneId, name: host.name, type: 'A', aliases: [{ name: dnsName, zoneId, evaluateTargetHealth: false }],
    }, { parent: this })]
  }

  /** Made and checked by AWS through a record in the zone; renewed by itself as long as that stays there. */
  #certificate (name: string, domainName: string, zoneId: string): pulumi.Output<string> {
    const certificate = new acm.Certificate(name, { domainName, validationMethod: 'DNS' }, { parent: this })
    const option = certificate.domainValidationOptions.apply(([first]) => first!)
    const record = new route53.Record(`${name}-validation`, {
      zoneId, name: option.resourceRecordName, type: option.resourceRecordType, records: [option.resourceRecordValue], ttl: 300,
      allowOverwrite: true,
    }, { parent: this })
    this.#records.set(domainName, record)
    const valid = new acm.CertificateValidation(name, { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] }, { parent: this })
    return valid.certificateArn
  }

  /** One more for `batches.` or for all below it, by the record that is there. */
  #additionalCertificate (name: string, domainName: string, region?: string): pulumi.Output<string> {
    const regionArgs = region ? { region } : {}
    const certificate = new acm.Certificate(name, { ...regionArgs, domainName, validationMethod: 'DNS' }, { parent: this })
    const dependsOn = this.#records.get(this.batches.name)!
    return new acm.CertificateValidation(name, { ...regionArgs, certificateArn: certificate.arn }, { parent: this, dependsOn }).certificateArn
  }
}
