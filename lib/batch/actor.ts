/** The person who acts on a dead letter, with the reason. An operator's command adds its `caller` and `task` (services/ops/operator.ts). */
export type Actor = { name: string, reason: string | null, caller?: string | null, task?: string | null }
