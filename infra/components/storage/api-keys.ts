import * as pulumi from '@pulumi/pulumi'
import { createHash } from 'node:crypto'
import type { Statement } from '../../iam/roles.ts'
import { randomValue, secret, type Secret } from './secrets.ts'

/**
 * The secret that lists API keys, as SHA-256, with providers and scopes (docs/configuration.md). The first `up` creates the operator's
 * key. Afterwards only operators change the list, and `up` ignores it.
 */
export class ApiKeys extends pulumi.ComponentResource {
  readonly secretArn: pulumi.Output<string>
  /** The plain key of the operator. */
  readonly operator: Secret
  readonly ready: pulumi.Resource[]

  constructor (name: string, args: { protect: boolean }, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:ApiKeys', name, {}, opts)
    this.operator = secret(`${name}-operator-key`, {
      description: 'API key with scope "admin"', value: randomValue(), ignoreValueChanges: true, protect: args.protect,
    }, this)
    const list = secret(`${name}-api-keys`, {
      description: 'API keys as JSON: provider, sha256, scopes', value: this.operator.value.apply(listOf), ignoreValueChanges: true, protect: args.protect,
    }, this)
    this.secretArn = list.arn
    this.ready = list.ready
    this.registerOutputs({ secretArn: this.secretArn })
  }

  read (): Statement[] {
    return [{ actions: ['secretsmanager:GetSecretValue'], resources: [this.secretArn] }]
  }
}

const listOf = (key: string): string =>
  JSON.stringify([{ provider: 'operator', sha256: createHash('sha256').update(key).digest('hex'), scopes: ['admin'] }])
