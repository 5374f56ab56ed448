import * as pulumi from '@pulumi/pulumi'
import { createHash } from 'node:crypto'
import { randomValue, secret } from '../storage/secrets.ts'

export interface OriginKeyArgs {
  /** A higher number creates a new key. */
  version: number
  protect: boolean
}

/**
 * The key that CloudFront sends to the gateway, as a header. A hash of the key is also the gateway's host name. API Gateway throttles before
 * anything behind it can check a header, so the name that addresses the API must be secret too.
 */
export class OriginKey extends pulumi.ComponentResource {
  readonly header: { name: string, value: pulumi.Output<string> }
  /** First label of the gateway's host name. */
  readonly label: pulumi.Output<string>

  constructor (name: string, { version, protect }: OriginKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:OriginKey', name, {}, opts)
    const key = secret(`${name}-origin-key`, {
      description: 'key that CloudFront sends to the API gateway', value: randomValue(), ignoreValueChanges: true, version, protect,
    }, this)
    this.header = { name: 'X-Origin-Key', value: key.value }
    this.label = key.value.apply(value => `o${createHash('sha256').update(value).digest('hex').slice(0, 32)}`)
    this.registerOutputs({})
  }
}
