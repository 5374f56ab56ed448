/**
 * Factor for every limit of a test's waits, from the variable TEST_PATIENCE. Tests wait for conditions and go on at once: the
 * limits only end what waits in vain, so a slow machine takes a factor of 4 without a loss.
 */
export const patience = Number(process.env.TEST_PATIENCE || 1)
if (!(patience > 0)) throw new Error(`TEST_PATIENCE is a number above 0, not ${process.env.TEST_PATIENCE}`)

/** The one limit of a wait for a condition, in milliseconds. */
export const waitLimitMs = 90_000 * patience
/** The limit of a whole test file, in milliseconds: some wait for many conditions, one after the other. */
export const fileLimitMs = 240_000 * patience
