import * as aws from '@pulumi/aws/provider.js'
import { readConfig } from './config.ts'
import { Network } from './components/network.ts'

/** The platform on AWS: docs/aws.md. */
const config = readConfig()
const { stack, region, account } = config
const provider = new aws.Provider('aws', {
  region: region as aws.ProviderArgs['region'],
  allowedAccountIds: [account],
  defaultTags: { tags: { Project: 'freight-rates', Stack: stack, ...(config.expires ? { Expires: config.expires } : {}) } },
})
const options = { providers: [provider] }

const network = new Network(stack, {
  region, ...config.network, flowLogDays: config.network.flowLogs ? config.logs.retentionDays : undefined,
}, options)

export const vpcId = network.vpcId
