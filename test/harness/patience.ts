/**
 * Factor for the limit of every wait in tests, from the variable TEST_PATIENCE. Tests wait for conditions and resume at once. The limits only end
 * waits that would never succeed, so a factor of 4 on a slow machine costs nothing.
 */
export const patience = Number(process.env.TEST_PATIENCE || 1)
if (!(patience > 0)) throw new Error(`TEST_PATIENCE is a number above 0, not ${process.env.TEST_PATIENCE}`)

/** The limit of a wait for a condition, in milliseconds. */
export const waitLimitMs = 90_000 * patience
/** The limit of a whole test file, in milliseconds. Some tests wait for many conditions in sequence. */
export const fileLimitMs = 600_000 * patience
