import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'

/**
 * Answers 404 to other spellings of a path. A firewall compares the path as sent, and the router decodes it: a firewall rule for
 * `/rates` would miss `/%72ates` or `/rates#1`, and the router would serve them. No path here, ids included, has a character that
 * needs an escape. The check runs before keys and rate limits because it costs less.
 */
export function refuseNonCanonicalPaths (app: FastifyInstance): void {
  app.addHook('onRequest', ({ url }, _reply, done) => {
    const path = url.includes('%') || url.includes('#') ? url.split('?', 1)[0]! : ''
    done(/[%#]/.test(path) ? notFoundAt(path) : undefined)
  })
}

/** Creates the 404 for a path. `meant` is the path that the client probably intended. */
export const notFoundAt = (path: string, meant?: string): Problem =>
  new Problem('not-found', `No resource at ${path.slice(0, 200)}${meant === undefined ? '' : `: the address is ${meant.slice(0, 200)}, without a slash at its end`}`)
