import { Value } from 'typebox/value'
import { isMap, parseDocument } from 'yaml'
import { Schema, type Settings } from '../../config-schema.ts'
import { Refused } from '../pulumi.ts'

export type Tier = 'development' | 'staging' | 'production'

/** The settings that differ between stacks. The other settings come from a stack of the same tier. */
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
  /** ARN of the permissions boundary of each role: the bootstrap's output `permissionsBoundary`. */
  permissionsBoundary?: string | undefined
}

const own = 'freight-rates:'
/** Accounts of the example settings in this repository. */
const exampleAccounts = ['111111111111', '222222222222', '333333333333']

/** Whether the text is an example that nobody has filled in. */
export const isExample = (text: string): boolean => exampleAccounts.includes(String(parseDocument(text).getIn(['config', `${own}account`])))

/** Returns the letters of the availability zones of a stack with these settings. */
export function zonesIn (template: string): string[] {
  const network: unknown = parseDocument(template).toJS().config[`${own}network`] ?? {}
  return (Value.Default(Schema.properties.network, network) as Settings['network']).zones
}

/**
 * Returns the settings of a new stack, as the text of its file: `template` with the inputs.
 * Throws Refused if the template has encrypted secrets of another stack.
 */
export function newSettings (template: string, inputs: StackInputs): string {
  const document = parseDocument(template)
  const config = document.get('config')
  if (!isMap(config)) throw new Refused('The template of the new stack has no "config".')
  for (const { key, value } of config.items) {
    if (isMap(value) && value.has('secure')) throw new Refused(`${String(key)} is encrypted for another stack: the new stack cannot decrypt it.`)
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
