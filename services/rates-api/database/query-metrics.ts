import type { Metrics } from '../../../lib/metrics/metrics.ts'
import type { RunQuery } from './connections.ts'

/** From this on a question to the database is slow, in seconds: a hundred times what one takes that is not. */
const slowSeconds = 1

/** Counts and times the questions that are put to the database, their waiting for a connection included. */
export function measureQueries (metrics: Metrics): (query: RunQuery) => RunQuery {
  let inFlight = 0
  metrics.collect('freight_db_queries_in_flight', () => [[{}, inFlight]])
  return ask => async work => {
    inFlight++
    const startedAt = performance.now()
    try {
      return await ask(work)
    } finally {
      const seconds = (performance.now() - startedAt) / 1_000
      inFlight--
      metrics.observe('freight_db_query_seconds', {}, seconds)
      if (seconds >= slowSeconds) metrics.count('freight_db_slow_queries_total', {})
    }
  }
}
