import * as ecr from '@pulumi/aws/ecr/index.js'
import type * as pulumi from '@pulumi/pulumi'

export interface RegistryArgs {
  /** Replaces the name that Pulumi generates. */
  fixedName?: string
  protect: boolean
}

/** Creates a repository of images with immutable tags. */
export function registry (name: string, { fixedName, protect }: RegistryArgs, options: pulumi.CustomResourceOptions): {
  repository: ecr.Repository
  lifecycle: ecr.LifecyclePolicy
} {
  const repository = new ecr.Repository(name, {
    imageTagMutability: 'IMMUTABLE', imageScanningConfiguration: { scanOnPush: true }, forceDelete: !protect, ...(fixedName ? { name: fixedName } : {}),
  }, options)
  const lifecycle = new ecr.LifecyclePolicy(name, {
    repository: repository.name,
    policy: JSON.stringify({
      rules: [{
        rulePriority: 1, description: 'enough to roll back to',
        selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 50 }, action: { type: 'expire' },
      }],
    }),
  }, options)
  return { repository, lifecycle }
}
