/** A batch that got a 202, and its expected final state. */
export type Sent = { id: string, provider: string, rows: number, state: 'applied' | 'validated' | 'withdrawn' }
