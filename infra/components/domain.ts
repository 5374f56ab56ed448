import * as acm from '@pulumi/aws/acm/index.js'
import * as route53 from '@pulumi/aws/route53/index.js'
import * as pulumi from '@pulumi/pulumi'
import type { Settings } from '../config-schema.ts'

export interface Alias {
  dnsName: pulumi.Input<string>
  zoneId: pulumi.Input<string>
}

/** The names of a stack: `rates` for reading, `batches.` below it for sending, and one certificate for both. */
export class Domain extends pulumi.ComponentResource {
  readonly rates: string
  readonly batches: string
  readonly certificateArn: pulumi.Output<string>
  readonly #zoneId: string | undefined

  constructor (name: string, { name: rates, zoneId, certificateArn }: NonNullable<Settings['domain']>, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Domain', name, {}, opts)
    this.rates = rates
    this.batches = `batches.${rates}`
    this.#zoneId = zoneId
    this.certificateArn = zoneId ? this.#certificate(name, zoneId) : pulumi.output(certificateArn!)
    this.registerOutputs({ certificateArn: this.certificateArn })
  }

  /** Leads `host` to what stands behind `alias`; without a zone that is for whoever keeps the names to do. */
  point (name: string, host: string, { dnsName, zoneId }: Alias): void {
    if (!this.#zoneId) return
    new route53.Record(name, {
      zoneId: this.#zoneId, name: host, type: 'A', aliases: [{ name: dnsName, zoneId, evaluateTargetHealth: false }],
    }, { parent: this })
  }

  #certificate (name: string, zoneId: string): pulumi.Output<string> {
    const certificate = new acm.Certificate(name, {
      domainName: this.rates, subjectAlternativeNames: [this.batches], validationMethod: 'DNS',
    }, { parent: this })
    const records = [0, 1].map(index => {
      const option = certificate.domainValidationOptions.apply(options => options[index] ?? options[0]!)
      return new route53.Record(`${name}-validation-${index}`, {
        zoneId, name: option.resourceRecordName, type: option.resourceRecordType, records: [option.resourceRecordValue], ttl: 300,
        allowOverwrite: true,
      }, { parent: this })
    })
    return new acm.CertificateValidation(name, {
      certificateArn: certificate.arn, validationRecordFqdns: records.map(record => record.fqdn),
    }, { parent: this }).certificateArn
  }
}
