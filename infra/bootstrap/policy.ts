import * as pulumi from '@pulumi/pulumi'

export type Statement = Partial<Record<'Effect' | 'Action' | 'Resource' | 'NotResource' | 'Condition', unknown>>
type Resources = pulumi.Input<string>[]

export const allow = (Action: string[], Resource: Resources, Condition?: Record<string, Record<string, unknown>>): Statement =>
  ({ Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) })
export const deny = (Action: string[], Resource: Resources): Statement => ({ Effect: 'Deny', Action, Resource })
/** Denied on all but `NotResource`. */
export const denyElsewhere = (Action: string[], NotResource: Resources): Statement => ({ Effect: 'Deny', Action, NotResource })

export const policyOf = (Statement: Statement[]): pulumi.Output<string> => pulumi.jsonStringify({ Version: '2012-10-17', Statement })
