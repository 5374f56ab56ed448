import * as secretsmanager from '@pulumi/aws/secretsmanager/index.js'
import * as pulumi from '@pulumi/pulumi'
import { randomBytes } from 'node:crypto'

export interface Secret {
  arn: pulumi.Output<string>
  value: pulumi.Output<string>
  /** Resources that exist once the secret has a value. */
  ready: pulumi.Resource[]
}

export interface SecretArgs {
  description: string
  value: pulumi.Input<string>
  /** Whether the first value is permanent, whatever `value` is later: for random values, and for those that operators change. */
  ignoreValueChanges: boolean
  /** A higher number replaces the value by `value`. */
  version?: number
  protect: boolean
}

/** Creates a secret with a value. An unprotected secret is deleted without a recovery window, so that its stack can be created again. */
export function secret (name: string, { description, value, ignoreValueChanges, version = 1, protect }: SecretArgs, parent: pulumi.Resource): Secret {
  const secretResource = new secretsmanager.Secret(name, { description, recoveryWindowInDays: protect ? 30 : 0 }, { parent, protect })
  const content = new secretsmanager.SecretVersion(`${name}-${version}`, { secretId: secretResource.id, secretString: pulumi.secret(value) }, {
    parent, ...(ignoreValueChanges ? { ignoreChanges: ['secretString'] } : {}),
  })
  return { arn: secretResource.arn, value: content.secretString.apply(text => text!), ready: [content] }
}

/** Returns 256 random bits, as characters without a special meaning in a URL or shell. */
export const randomValue = (): pulumi.Output<string> => pulumi.secret(randomBytes(32).toString('base64url'))
