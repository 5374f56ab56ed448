/** What each process that a test starts has: the way to programs, and the cache of what was compiled before. */
export const childEnvironment = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }
