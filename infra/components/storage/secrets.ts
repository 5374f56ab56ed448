import * as secretsmanager from '@pulumi/aws/secretsmanager/index.js'
import * as pulumi from '@pulumi/pulumi'
import { randomBytes } from 'node:crypto'

export interface Secret {
  arn: pulumi.Output<string>
  value: pulumi.Output<string>
  /** Made once it has a value. */
  ready: pulumi.Resource[]
}

export interface SecretArgs {
  description: string
  value: pulumi.Input<string>
  /** Kept as it was first made, whatever `value` says later: random values, and those that operators change. */
  ignoreValueChanges: boolean
  /** With a higher number `value` is taken anew. */
  version?: number
  protect: boolean
}

/** A secret with a value. One that is not protected is gone at once when it is deleted, so that its stack can be made again. */
export function secret (name: string, { description, value, ignoreValueChanges, version = 1, protect }: SecretArgs, parent: pulumi.Resource): Secret {
  const secretResource = new secretsmanager.Secret(name, { description, recoveryWindowInDays: protect ? 30 : 0 }, { parent, protect })
  const content = new secretsmanager.SecretVersion(`${name}-${version}`, { secretId: secretResource.id, secretString: pulumi.secret(value) }, {
    parent, ...(ignoreValueChanges ? { ignoreChanges: ['secretString'] } : {}),
  })
  return { arn: secretResource.arn, value: content.secretString.apply(text => text!), ready: [content] }
}

/** 256 bits, of characters that neither a URL nor a shell takes for anything else. */
export const randomValue = (): pulumi.Output<string> => pulumi.secret(randomBytes(32).toString('base64url'))
