import * as acm from '@pulumi/aws/acm/index.js'
import * as route53 from '@pulumi/aws/route53/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Settings } from '../config-schema.ts'

export interface Alias {
  dnsName: pulumi.Input<string>
  zoneId: pulumi.Input<string>
}

export interface Host {
  name: string
  certificateArn: pulumi.Output<string>
}

/** The names of a stack: `rates` for reading and `batches.` below it for sending, each with a certificate. */
export class Domain extends pulumi.ComponentResource {
  readonly rates: Host
  readonly batches: Host
  readonly #zoneId: string | undefined

  constructor (name: string, { name: rates, zoneId, certificateArn }: NonNullable<Settings['domain']>, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Domain', name, {}, opts)
    const host = (hostName: string, resourceName: string): Host => ({
      name: hostName, certificateArn: zoneId ? this.#certificate(resourceName, hostName, zoneId) : pulumi.output(certificateArn!),
    })
    this.rates = host(rates, `${name}-rates`)
    this.batches = host(`batches.${rates}`, `${name}-batches`)
    this.#zoneId = zoneId
    this.registerOutputs({})
  }

  /** Leads `host` to what stands behind `alias`; without a zone that is for whoever keeps the names to do. */
  point (name: string, host: Host, { dnsName, zoneId }: Alias): void {
    if (!this.#zoneId) return
    new route53.Record(name, {
      zoneId: this.#zoneId, name: host.name, type: 'A', aliases: [{ name: dnsName, zoneId, evaluateTargetHealth: false }],
    }, { parent: this })
  }

  /** Made and checked by AWS through a record in the zone; renewed by itself as long as that stays there. */
  #certificate (name: string, domainName: string, zoneId: string): pulumi.Output<string> {
    const certificate = new acm.Certificate(name, { domainName, validationMethod: 'DNS' }, { parent: this })
    const option = certificate.domainValidationOptions.apply(([first]) => first!)
    const record = new route53.Record(`${name}-validation`, {
      zoneId, name: option.resourceRecordName, type: option.resourceRecordType, records: [option.resourceRecordValue], ttl: 300,
      allowOverwrite: true,
    }, { parent: this })
    const valid = new acm.CertificateValidation(name, { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] }, { parent: this })
    return valid.certificateArn
  }
}
