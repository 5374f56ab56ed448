/** A statement of a policy document, as the programs write it: lists of actions and resources. */
export interface PolicyStatement {
  Effect: 'Allow' | 'Deny'
  Action: string[]
  Resource?: string[]
  NotResource?: string[]
  Condition?: Record<string, Record<string, string | string[]>>
}

export interface Request {
  action: string
  resource: string
  /** Condition keys of the request. */
  context?: Record<string, string>
}

/** Returns whether all policies, such as a role's own and its boundary, allow a request. A deny in one of them refuses the request. */
export const isAllowed = (policies: PolicyStatement[][], request: Request): boolean =>
  !policies.flat().some(statement => statement.Effect === 'Deny' && applies(statement, request)) &&
  policies.every(statements => statements.some(statement => statement.Effect === 'Allow' && applies(statement, request)))

function applies ({ Action, Resource, NotResource, Condition = {} }: PolicyStatement, { action, resource, context = {} }: Request): boolean {
  const conditions = Object.entries(Condition).flatMap(([operator, keys]) => Object.entries(keys).map(([key, values]) => ({ operator, key, values })))
  return Action.some(pattern => like(pattern.toLowerCase(), action.toLowerCase())) &&
    (Resource ? Resource.some(pattern => like(pattern, resource)) : !NotResource!.some(pattern => like(pattern, resource))) &&
    conditions.every(({ operator, key, values }) => holds(operator, [values].flat(), context[key]))
}

/** If the request lacks a key, StringEquals is false and StringNotEquals is true. */
function holds (operator: string, values: string[], value: string | undefined): boolean {
  if (operator === 'StringEquals') return value !== undefined && values.includes(value)
  if (operator === 'StringNotEquals') return value === undefined || !values.includes(value)
  throw new Error(`${operator} is not known here`)
}

const like = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`).test(text)
