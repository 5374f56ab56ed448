import * as aws from '@pulumi/aws/provider.js'
import type { Config } from './config-schema.ts'

/** Returns the only provider: it accepts the stack's account only, and tags every resource with the stack. */
export const stackProvider = ({ stack, region, account, tier, expires }: Config): aws.Provider => new aws.Provider('aws', {
  region: region as NonNullable<aws.ProviderArgs['region']>,
  allowedAccountIds: [account],
  defaultTags: { tags: { Project: 'freight-rates', Stack: stack, Tier: tier, ...(expires ? { Expires: expires } : {}) } },
})
