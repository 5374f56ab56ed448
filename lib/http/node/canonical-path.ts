import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'

/**
 * Refuses other spellings of an address. A firewall compares a path as it is sent, and the router as it is decoded: what the one
 * does not count as `/rates`, such as `/%72ates` or `/rates#1`, the other would serve. No address here has a character that needs
 * an escape, ids included. It comes before keys and rate limits, since it costs less than they do.
 */
export function refuseNonCanonicalPaths (app: FastifyInstance): void {
  app.addHook('onRequest', ({ url }, _reply, done) => {
    const path = url.includes('%') || url.includes('#') ? url.split('?', 1)[0]! : ''
    done(/[%#]/.test(path) ? notFoundAt(path) : undefined)
  })
}

/** `meant` is the address that the client probably means. */
export const notFoundAt = (path: string, meant?: string): Problem =>
  new Problem('not-found', `No resource at ${path.slice(0, 200)}${meant === undefined ? '' : `: the address is ${meant.slice(0, 200)}, without a slash at its end`}`)
