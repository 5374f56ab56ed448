import { type Policies, PolicyPack, type PolicyResource, type ResourceValidationArgs, UnknownValueError } from '@pulumi/policy'
import { Config } from '@pulumi/pulumi'
import { type Rule, rules } from './rules.ts'

/**
 * `pulumi up --policy-pack infra/policy`: a resource that breaks a rule is neither created nor changed.
 * Some rules read values that a preview may not know yet (`readsLate`). They check all resources at the end of a preview and an update.
 * As a check of each resource, such a rule would pass the preview, and stop the update after some resources were created.
 */
export default new PolicyPack('freight-rates', { enforcementLevel: 'mandatory', policies: rules.map(policyOf) })

/** The engine passes the configuration of the previewed or updated stack to the process of the pack. */
const tier = new Config('freight-rates').get('tier')

function policyOf (rule: Rule): Policies[number] {
  const { name, description } = rule
  if (!rule.readsLate) {
    return {
      name,
      description,
      validateResource (resource, report) {
        const found = problemOf(rule, resource)
        if (found) report(found)
      },
    }
  }
  return {
    name,
    description,
    validateStack ({ resources }, report) {
      for (const resource of resources) {
        const found = unlessUnknown(() => problemOf(rule, resource))
        if (found) report(found, resource.urn)
      }
    },
  }
}

type Resource = ResourceValidationArgs | PolicyResource

function problemOf ({ types, problem }: Rule, { type, name, props, opts: { protect } }: Resource): string | undefined {
  return types.includes(type) ? problem({ name, tier, inputs: props, protect: protect ?? false }) : undefined
}

/** Returns the result of `check`; undefined if `check` reads a value that is not known yet. */
function unlessUnknown (check: () => string | undefined): string | undefined {
  try {
    return check()
  } catch (error) {
    if (error instanceof UnknownValueError) return undefined
    throw error
  }
}
