import type { Region } from '@pulumi/aws'
import * as pulumi from '@pulumi/pulumi'

export interface Config {
  /** Of the bootstrap and of the platform's stack in the account; GitHub's environment has it too. */
  stack: string
  region: Region
  /** owner/name */
  githubRepository: string
}

/** Throws RunError where a key is missing or would let more in than one repository. */
export function readConfig (): Config {
  const config = new pulumi.Config()
  const githubRepository = config.require('githubRepository')
  if (!/^[\w.-]+\/[\w.-]+$/.test(githubRepository)) throw new pulumi.RunError(`githubRepository is owner/name, without wildcards: not ${githubRepository}`)
  return { stack: pulumi.getStack(), region: config.require<Region>('region'), githubRepository }
}
