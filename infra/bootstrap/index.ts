import { getCallerIdentityOutput } from '@pulumi/aws/getCallerIdentity.js'
import { Provider } from '@pulumi/aws/provider.js'
import * as pulumi from '@pulumi/pulumi'
import { registry } from '../components/storage/registry.ts'
import { readConfig } from './config.ts'
import { Ci } from './ci.ts'
import { serviceBoundary } from './service-boundary.ts'
import { State } from './state.ts'

/**
 * What an AWS account needs before its first stack, made once, by a person: docs/aws.md.
 * The bootstrap's stack has the name of the platform's stack that is to live in the account.
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

/** `pulumi login` wants it. */
export const backend = pulumi.interpolate`s3://${state.bucketName}?region=${region}`
/** `pulumi stack init --secrets-provider` wants it. */
export const secretsProvider = pulumi.interpolate`awskms:///${state.keyArn}?region=${region}`
export const imageRepository = images.repository.repositoryUrl
export const previewRole = ci.previewArn
export const deployRole = ci.deployArn
/** `freight-rates:permissionsBoundary` wants it. */
export const permissionsBoundary = boundary.arn
