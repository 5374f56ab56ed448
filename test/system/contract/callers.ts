import { createHash } from 'node:crypto'

/** Callers with a key each; `provider` and `other` have the same scopes. `prices` sends the prices for the rates responses. */
const scopes = {
  provider: ['submit', 'read'], other: ['submit', 'read'], prices: ['submit', 'read'],
  sender: ['submit'], reader: ['read'], analyst: ['rates'], operator: ['admin'],
} as const
export type Role = keyof typeof scopes | 'wrong'

export const keyOf = (role: Role, run: string): string => `${role}-key-of-${run}`

/**
 * Returns the name of a caller. Each run has its own providers, so that its batches are new. The prices belong to one provider in all runs:
 * whichever release accepts them first, the next finds the same batch, and the means do not change.
 */
export const nameOf = (role: Role, run: string): string => role === 'prices' ? 'contract-prices' : `contract-${role}-${run}`
export const isContractProvider = (provider: string): boolean => provider.startsWith('contract-')

/** Returns `API_KEYS` of a run. */
export function apiKeys (run: string): string {
  return JSON.stringify(Object.entries(scopes).map(([role, scopes]) => ({
    provider: nameOf(role as Role, run), sha256: createHash('sha256').update(keyOf(role as Role, run)).digest('hex'), scopes,
  })))
}
