import type { Region } from '@pulumi/aws'
import * as pulumi from '@pulumi/pulumi'

export interface Config {
  /** Name of the bootstrap's stack. The platform's stack in the account and GitHub's environment have the same name. */
  stack: string
  region: Region
  /** owner/name */
  githubRepository: string
  /** ARN of the account's existing OIDC provider of GitHub. The program uses it, and neither creates nor deletes it. */
  oidcProviderArn?: string | undefined
}

/** Throws RunError if a key is missing, or would admit more than one repository. */
export function readConfig (): Config {
  const config = new pulumi.Config()
  const githubRepository = config.require('githubRepository')
  if (!/^[\w.-]+\/[\w.-]+$/.test(githubRepository)) throw new pulumi.RunError(`githubRepository must be owner/name without wildcards, not ${githubRepository}`)
  const oidcProviderArn = config.get('oidcProviderArn')
  if (oidcProviderArn !== undefined && !/^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/.test(oidcProviderArn)) {
    throw new pulumi.RunError(`oidcProviderArn must be the ARN of the OIDC provider token.actions.githubusercontent.com, not ${oidcProviderArn}`)
  }
  return { stack: pulumi.getStack(), region: config.require<Region>('region'), githubRepository, oidcProviderArn }
}
