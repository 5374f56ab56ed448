import * as aws from '@pulumi/aws/provider.js'
import type { Config } from './config-schema.ts'

/** The one provider: for this account and no other, and every resource carries the stack's tags. */
export const stackProvider = ({ stack, region, account, tier, expires }: Config): aws.Provider => new aws.Provider('aws', {
  region: region as NonNullable<aws.ProviderArgs['region']>,
  allowedAccountIds: [account],
  defaultTags: { tags: { Project: 'freight-rates', Stack: stack, Tier: tier, ...(expires ? { Expires: expires } : {}) } },
})
