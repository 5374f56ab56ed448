import * as ecr from '@pulumi/aws/ecr/index.js'
import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import { join } from 'node:path'
import { contentTag } from './content-tag.ts'
import { registry } from '../storage/registry.ts'

export interface ImageArgs {
  /** Image in ECR by digest, as CI has pushed it. Without a reference, the repository's Dockerfile is built and pushed. */
  reference?: string | undefined
  architecture: 'arm64' | 'x86_64'
  protect: boolean
}

const repositoryRoot = join(import.meta.dirname, '../../..')

/** The image of every process, by digest, because a tag may move. */
export class Image extends pulumi.ComponentResource {
  /** `repository@sha256:…` */
  readonly reference: pulumi.Output<string>
  readonly repositoryArn: pulumi.Output<string>

  constructor (name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:Image', name, {}, opts)
    const { reference, repositoryArn } = args.reference ? parseReference(args.reference) : this.#build(name, args)
    this.reference = reference
    this.repositoryArn = repositoryArn
    this.registerOutputs({ reference })
  }

  #build (name: string, { architecture, protect }: ImageArgs) {
    const { repository, lifecycle } = registry(name, { protect }, { parent: this })
    const login = ecr.getAuthorizationTokenOutput({ registryId: repository.registryId }, { parent: this })
    const image = new docker.Image(name, {
      imageName: pulumi.interpolate`${repository.repositoryUrl}:${contentTag(repositoryRoot, architecture)}`,
      // Pulumi runs the program in the folder infra/.
      build: { context: '..', platform: architecture === 'arm64' ? 'linux/arm64' : 'linux/amd64' },
      registry: { server: repository.repositoryUrl, username: login.userName, password: pulumi.secret(login.password) },
    }, { parent: this, dependsOn: lifecycle })
    return { reference: image.repoDigest, repositoryArn: repository.arn }
  }
}

function parseReference (reference: string): { reference: pulumi.Output<string>, repositoryArn: pulumi.Output<string> } {
  const [, account, region, repository] = /^(\d+)\.dkr\.ecr\.([^.]+)\.amazonaws\.com\/([^@]+)@/.exec(reference)!
  return { reference: pulumi.output(reference), repositoryArn: pulumi.output(`arn:aws:ecr:${region}:${account}:repository/${repository}`) }
}
