import type { Region } from '@pulumi/aws'
import * as pulumi from '@pulumi/pulumi'

export interface Config {
  /** Of the bootstrap and of the platform's stack in the account; GitHub's environment has it too. */
  stack: string
  region: Region
  /** owner/name */
  githubRepository: string
  /** ARN of the account's OIDC provider of GitHub, where there is one: it is used, and neither made nor removed. */
  oidcProviderArn?: string | undefined
}

/** Throws RunError where a key is missing or would let more in than one repository. */
export function readConfig (): Config {
  const config = new pulumi.Config()
  const githubRepository = config.require('githubRepository')
  if (!/^[\w.-]+\/[\w.-]+$/.test(githubRepository)) throw new pulumi.RunError(`githubRepository is owner/name, without wildcards: not ${githubRepository}`)
  const oidcProviderArn = config.get('oidcProviderArn')
  if (oidcProviderArn !== undefined && !/^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/.test(oidcProviderArn)) {
    throw new pulumi.RunError(`oidcProviderArn is the ARN of the OIDC provider token.actions.githubusercontent.com: not ${oidcProviderArn}`)
  }
  return { stack: pulumi.getStack(), region: config.require<Region>('region'), githubRepository, oidcProviderArn }
}
