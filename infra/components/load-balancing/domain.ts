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

/** The host names of a stack, each with a certificate: `rates` for reading, and `batches.` below it for sending. */
export class Domain extends pulumi.ComponentResource {
  readonly rates: Host
  readonly batches: Host & { name: string }
  readonly #zoneId: string | undefined
  readonly #settings: NonNullable<Settings['domain']>
  /** By name. AWS validates all certificates of an account for that name and the names below it by the same record, in every region. */
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

  /** Returns `batches.` with a certificate that CloudFront accepts. */
  batchesAtEdge (name: string): Host {
    const certificateArn = this.#zoneId ? this.#additionalCertificate(`${name}-batches-edge`, this.batches.name, edgeRegion) : pulumi.output(this.#settings.edgeCertificateArn!)
    return { name: this.batches.name, certificateArn }
  }

  /** Returns the gateway's own name below `batches.`. Its certificate is a wildcard, since the names in certificates are public. */
  origin (name: string, { label }: OriginKey): Host {
    const below = this.batches.name
    const certificateArn = this.#zoneId ? this.#additionalCertificate(`${name}-origin`, `*.${below}`) : pulumi.output(this.#settings.certificateArn!)
    return { name: pulumi.interpolate`${label}.${below}`, certificateArn }
  }

  /** Points `host` to `alias`. Without a zone, the owner of the names creates the records. */
  addAliasRecord (name: string, host: Host, { dnsName, zoneId }: Alias): pulumi.Resource[] {
    if (!this.#zoneId) return []
    return [new route53.Record(name, {
      zoneId: this.#zoneId, name: host.name, type: 'A', aliases: [{ name: dnsName, zoneId, evaluateTargetHealth: false }],
    }, { parent: this })]
  }

  /** Creates a certificate. AWS validates it through a record in the zone, and renews it while that record exists. */
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

  /** Creates a further certificate for `batches.` or all names below it, validated by the existing record. */
  #additionalCertificate (name: string, domainName: string, region?: string): pulumi.Output<string> {
    const regionArgs = region ? { region } : {}
    const certificate = new acm.Certificate(name, { ...regionArgs, domainName, validationMethod: 'DNS' }, { parent: this })
    const dependsOn = this.#records.get(this.batches.name)!
    return new acm.CertificateValidation(name, { ...regionArgs, certificateArn: certificate.arn }, { parent: this, dependsOn }).certificateArn
  }
}
