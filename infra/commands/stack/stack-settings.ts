import { Value } from 'typebox/value'
import { isMap, parseDocument } from 'yaml'
import { Schema, type Settings } from '../../config-schema.ts'
import { Refused } from '../pulumi.ts'

export type Tier = 'development' | 'staging' | 'production'

/** What differs from one stack to another; the rest of its settings come from a stack of the same tier. */
export interface StackInputs {
  account: string
  region: string
  tier: Tier
  /** Letters of the availability zones. */
  zones: string[]
  domain?: { name: string, zoneId?: string, certificateArn?: string, edgeCertificateArn?: string } | undefined
  allowedCidrs: string[]
  email: string
  monthlyUsd?: number | undefined
  /** ARN of the policy that holds each role; the bootstrap's output of that name. */
  permissionsBoundary?: string | undefined
}

const own = 'freight-rates:'
/** Accounts of the settings in this repository that are examples. */
const exampleAccounts = ['111111111111', '222222222222', '333333333333']

/** Whether the text is of a file that nobody has filled in yet. */
export const isExample = (text: string): boolean => exampleAccounts.includes(String(parseDocument(text).getIn(['config', `${own}account`])))

/** Returns the letters of the availability zones that a stack with these settings has. */
export function zonesIn (template: string): string[] {
  const network: unknown = parseDocument(template).toJS().config[`${own}network`] ?? {}
  return (Value.Default(Schema.properties.network, network) as Settings['network']).zones
}

/**
 * The settings of a new stack, as the text of its file: those of `template`, with the answers in their place.
 * Throws Refused where the template has secrets of its own stack.
 */
export function newSettings (template: string, inputs: StackInputs): string {
  const document = parseDocument(template)
  const config = document.get('config')
  if (!isMap(config)) throw new Refused('The settings that the new stack begins with have no "config".')
  for (const { key, value } of config.items) {
    if (isMap(value) && value.has('secure')) throw new Refused(`${String(key)} is encrypted for another stack: the new one cannot read it.`)
  }
  for (const key of ['secretsprovider', 'encryptedkey', 'encryptionsalt']) document.delete(key)
  const set = (key: string, value: unknown): void => {
    const isEmpty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
    if (isEmpty) config.delete(key)
    else config.set(key, document.createNode(value, { flow: true }))
  }
  const { account, region, tier, zones, domain, allowedCidrs, email, monthlyUsd, permissionsBoundary } = inputs
  set('aws:region', region)
  set(`${own}account`, account)
  set(`${own}tier`, tier)
  document.setIn(['config', `${own}network`], document.createNode({ ...document.toJS().config[`${own}network`], zones }, { flow: true }))
  set(`${own}domain`, domain)
  set(`${own}allowedCidrs`, allowedCidrs)
  set(`${own}alarms`, email ? { email } : undefined)
  if (monthlyUsd !== undefined) set(`${own}budget`, { monthlyUsd })
  set(`${own}permissionsBoundary`, permissionsBoundary)
  for (const key of ['image', 'expires']) set(own + key, undefined)
  return document.toString({ lineWidth: 0 })
}
