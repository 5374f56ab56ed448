import type { Metrics } from '../../../lib/metrics/metrics.ts'
import type { Ask } from './connections.ts'

/** From this on a question to the database is slow, in seconds: a hundred times what one takes that is not. */
const slowSeconds = 1

/** Counts and times the questions that are put to the database, their waiting for a connection included. */
export function questionWatch (metrics: Metrics): (ask: Ask) => Ask {
  let underWay = 0
  metrics.ask('freight_database_questions', () => [[{}, underWay]])
  return ask => async question => {
    underWay++
    const began = performance.now()
    try {
      return await ask(question)
    } finally {
      const seconds = (performance.now() - began) / 1_000
      underWay--
      metrics.observe('freight_database_question_seconds', {}, seconds)
      if (seconds >= slowSeconds) metrics.count('freight_slow_questions_total', {})
    }
  }
}
