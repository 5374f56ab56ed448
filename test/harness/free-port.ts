import { freePort as freePortBetween } from '../../dev/state/free-port.ts'

/** Resolves with a free port. `npm start` takes ports from 20,000 on (dev/state/ports.ts). */
export const freePort = (): Promise<number> => freePortBetween({ min: 10_000, max: 20_000 })
