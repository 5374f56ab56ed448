import type { Metrics } from '../../lib/metrics/metrics.ts'
import type { AsOfLimits } from './as-of/totals-as-of.ts'
import type { Access } from './access.ts'
import type { Hosts } from './database/hosts.ts'

/** The dependencies of the routes. */
export type RatesApi = {
  hosts: Hosts
  metrics: Metrics
  access: Access
  maxDays: number
  asOf: AsOfLimits
}
