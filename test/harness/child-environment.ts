import { createRequire } from 'node:module'

/**
 * Without this, tap loads its hooks for modules into every Node process that a test starts. They watch each module and each signal, for a coverage
 * report that this project does not use: Pulumi takes three times as long to load. The processes run as they do in production.
 */
const { removeAllListeners } = createRequire(import.meta.url)('process-on-spawn') as { removeAllListeners: () => void }
removeAllListeners()

/** Environment of each process that a test starts: PATH, and the cache of compiled code. */
export const childEnvironment = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }
