/**
 * Server parameters of each connection of the rates API.
 *
 * - One generic plan serves every lane and region: planning takes longer than the query of a lane.
 * - A plan that was made while `unmerged_prices` was empty is kept while batches fill the table, until VACUUM or ANALYZE. A sequential scan,
 *   the cheapest plan for an empty table, would then read all unmerged prices for each lane.
 * - JIT compilation takes longer than each of the statements. PostgreSQL 17 adds 10^10 to the cost of a scan that has no alternative, and
 *   would compile the statement.
 */
export const planSettings = { plan_cache_mode: 'force_generic_plan', enable_seqscan: 'off', jit: 'off' }
