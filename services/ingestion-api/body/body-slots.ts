import { Problem } from '../../../lib/http/problem.ts'

export type BodySlotLimits = {
  bodiesAtOnce: number
  /** Lower than `bodiesAtOnce`, so that no provider can use all slots. */
  bodiesAtOncePerProvider: number
}

export type WithBodySlot = <T>(provider: string, receive: () => Promise<T>) => Promise<T>

/**
 * Limits how many bodies are received at once, because each may use 10 MiB, even a slow one. Throws `too-many-requests` for a
 * provider at its limit, and `overloaded` if all slots are in use.
 */
export function limitBodySlots ({ bodiesAtOnce, bodiesAtOncePerProvider }: BodySlotLimits): WithBodySlot {
  const slotsByProvider = new Map<string, number>()
  let total = 0

  function changeSlots (provider: string, change: 1 | -1): void {
    const own = (slotsByProvider.get(provider) ?? 0) + change
    total += change
    if (own === 0) slotsByProvider.delete(provider)
    else slotsByProvider.set(provider, own)
  }

  return async (provider, receive) => {
    if ((slotsByProvider.get(provider) ?? 0) >= bodiesAtOncePerProvider) {
      throw new Problem('too-many-requests', `${bodiesAtOncePerProvider} of your batches are being received; try again when one is complete`)
    }
    if (total >= bodiesAtOnce) throw new Problem('overloaded', 'Too many batches are being received; try again')
    changeSlots(provider, 1)
    try {
      return await receive()
    } finally {
      changeSlots(provider, -1)
    }
  }
}
