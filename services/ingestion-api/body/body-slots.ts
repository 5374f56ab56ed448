import { Problem } from '../../../lib/http/problem.ts'

export type TurnLimits = {
  bodiesAtOnce: number
  /** Fewer, so that no provider has all of them. */
  bodiesAtOncePerProvider: number
}

export type TakeTurn = <T>(provider: string, receive: () => Promise<T>) => Promise<T>

/**
 * Bounds the bodies that are received at once, since each may hold 10 MiB, however slowly it comes. Throws
 * `too-many-requests` to a provider that has its share, `overloaded` when all are taken.
 */
export function takeTurns ({ bodiesAtOnce, bodiesAtOncePerProvider }: TurnLimits): TakeTurn {
  const taken = new Map<string, number>()
  let all = 0

  function take (provider: string, change: 1 | -1): void {
    const own = (taken.get(provider) ?? 0) + change
    all += change
    if (own === 0) taken.delete(provider)
    else taken.set(provider, own)
  }

  return async (provider, receive) => {
    if ((taken.get(provider) ?? 0) >= bodiesAtOncePerProvider) {
      throw new Problem('too-many-requests', `${bodiesAtOncePerProvider} of your batches are being received; try again when one has come in`)
    }
    if (all >= bodiesAtOnce) throw new Problem('overloaded', 'Too many batches are being received; try again')
    take(provider, 1)
    try {
      return await receive()
    } finally {
      take(provider, -1)
    }
  }
}
