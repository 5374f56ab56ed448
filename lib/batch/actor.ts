/**
 * The person who acts, with the reason, as the audit stores it (`dead_letter_actions`, `reference_actions`, `session_signals`). An operator's command
 * adds its `caller` and `task` (services/ops/operator.ts).
 */
export type Actor = { name: string, reason: string | null, caller?: string | null, task?: string | null }
