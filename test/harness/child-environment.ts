/** Environment of each process that a test starts: PATH, and the cache of compiled code. */
export const childEnvironment = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }
