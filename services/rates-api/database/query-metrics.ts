import type { Metrics } from '../../../lib/metrics/metrics.ts'
import type { RunQuery } from './connections.ts'

/** Duration from which a database query counts as slow, in seconds: a hundred times a normal duration. */
const slowSeconds = 1

/** Counts and measures database queries, including their wait for a connection. */
export function measureQueries (metrics: Metrics): (query: RunQuery) => RunQuery {
  let inFlight = 0
  metrics.collect('freight_db_queries_in_flight', () => [[{}, inFlight]])
  return query => async work => {
    inFlight++
    const startedAt = performance.now()
    try {
      return await query(work)
    } finally {
      const seconds = (performance.now() - startedAt) / 1_000
      inFlight--
      metrics.observe('freight_db_query_seconds', {}, seconds)
      if (seconds >= slowSeconds) metrics.count('freight_db_slow_queries_total', {})
    }
  }
}
