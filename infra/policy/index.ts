import { PolicyPack } from '@pulumi/policy'
import { rules } from './rules.ts'

/** `pulumi up --policy-pack infra/policy`: nothing is made or changed that breaks a rule. */
export default new PolicyPack('freight-rates', {
  enforcementLevel: 'mandatory',
  policies: rules.map(({ name, description, types, problem }) => ({
    name,
    description,
    validateResource ({ type, name, urn, props, opts: { protect } }, report) {
      const found = types.includes(type) ? problem({ name, stack: urn.split(':')[2]!, inputs: props, protect: protect ?? false }) : undefined
      if (found) report(found)
    },
  })),
})
