import { getCallerIdentityOutput } from '@pulumi/aws/getCallerIdentity.js'
import { Provider } from '@pulumi/aws/provider.js'
import * as pulumi from '@pulumi/pulumi'
import { registry } from '../components/storage/registry.ts'
import { readConfig } from './config.ts'
import { Ci } from './ci.ts'
import { serviceBoundary } from './service-boundary.ts'
import { State } from './state.ts'

/**
 * The resources that an AWS account needs before its first stack. A person creates them once: docs/aws.md.
 * The bootstrap's stack has the name of the platform's stack in the same account.
 */
const { stack, region, githubRepository, oidcProviderArn } = readConfig()
const provider = new Provider('aws', {
  region, defaultTags: { tags: { Project: 'freight-rates', Stack: 'bootstrap' } },
})
const options = { providers: [provider] }
const { accountId } = getCallerIdentityOutput({}, { provider })

const state = new State('freight', { account: accountId }, options)
const images = registry('freight', { fixedName: 'freight', protect: true }, { provider, protect: true })
const boundary = serviceBoundary('freight', { account: accountId, stateBucketArn: state.bucketArn }, { provider })
const ci = new Ci('freight', {
  githubRepository, oidcProviderArn, stack, account: accountId, stateBucketArn: state.bucketArn, stateKeyArn: state.keyArn,
  imagesArn: images.repository.arn, serviceBoundaryArn: boundary.arn,
}, options)

/** Argument of `pulumi login`. */
export const backend = pulumi.interpolate`s3://${state.bucketName}?region=${region}`
/** Argument of `pulumi stack init --secrets-provider`. */
export const secretsProvider = pulumi.interpolate`awskms:///${state.keyArn}?region=${region}`
export const imageRepository = images.repository.repositoryUrl
export const previewRole = ci.previewArn
export const deployRole = ci.deployArn
/** Value of the stack key `freight-rates:permissionsBoundary`. */
export const permissionsBoundary = boundary.arn
