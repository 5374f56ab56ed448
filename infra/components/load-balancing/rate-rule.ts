import type { types } from '@pulumi/aws'

type Rule = types.input.wafv2.WebAclRule
type Counted = types.input.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatement

export interface RateRuleArgs {
  /** Requests of one address within the window. AWS evaluates the limit about every ten seconds. */
  limit: number
  windowSeconds: 60 | 300
  /** Requests that are not counted: selected by address, never by path, because a client may spell a path in many ways. */
  except?: Counted
  /** Status and body of a refusal, in place of AWS's 403. */
  response?: { status: number, bodyKey: string, retryAfterSeconds: number }
}

export const visibility = (metricName: string) => ({ metricName, cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true })

/** Returns a rule that blocks an address that sends more than `limit` requests, over all paths. */
export function rateRule (name: string, { limit, windowSeconds, except, response }: RateRuleArgs): Rule {
  const customResponse = response && {
    responseCode: response.status, customResponseBodyKey: response.bodyKey,
    responseHeaders: [{ name: 'Retry-After', value: String(response.retryAfterSeconds) }],
  }
  return {
    name: 'requests-of-one-address',
    priority: 0,
    action: { block: customResponse ? { customResponse } : {} },
    visibilityConfig: visibility(`${name}-too-many`),
    statement: {
      rateBasedStatement: {
        limit, aggregateKeyType: 'IP', evaluationWindowSec: windowSeconds,
        ...(except ? { scopeDownStatement: { notStatement: { statement: except } } } : {}),
      },
    },
  }
}
