import * as pulumi from '@pulumi/pulumi'

export type Statement = Partial<Record<'Effect' | 'Action' | 'Resource' | 'NotResource' | 'Condition', unknown>>
type Resources = pulumi.Input<string>[]
type Condition = Record<string, Record<string, unknown>>

const statement = (Effect: string) => (Action: string[], Resource: Resources, Condition?: Condition): Statement =>
  ({ Effect, Action, Resource, ...(Condition ? { Condition } : {}) })
export const allow = statement('Allow')
export const deny = statement('Deny')
/** Returns a statement that denies the actions on all resources except `NotResource`. */
export const denyExcept = (Action: string[], NotResource: Resources): Statement => ({ Effect: 'Deny', Action, NotResource })

export const policyOf = (Statement: Statement[]): pulumi.Output<string> => pulumi.jsonStringify({ Version: '2012-10-17', Statement })
