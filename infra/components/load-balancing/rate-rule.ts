import type { types } from '@pulumi/aws'

type Rule = types.input.wafv2.WebAclRule
type Counted = types.input.wafv2.WebAclRuleStatementRateBasedStatementScopeDownStatement

export interface RateRuleArgs {
  /** Requests of one address within the window; AWS checks about every ten seconds. */
  limit: number
  windowSeconds: 60 | 300
  /** Requests that are not counted: by where they come from, never by their path, which a client may spell as it likes. */
  except?: Counted
  /** Status and body of a refusal in place of AWS's own 403. */
  response?: { status: number, bodyKey: string, retryAfterSeconds: number }
}

export const visibility = (metricName: string) => ({ metricName, cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true })

/** Blocks an address that sends more than `limit` requests, whatever their path. */
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
