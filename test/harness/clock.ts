/**
 * Loaded by `node --import <this file>`: the clock of the process is wrong by CLOCK_AHEAD_MS, and by another CLOCK_STEP_MS from each SIGUSR2 on.
 * Timers and `performance` are unaffected, as when the clock of a real machine is set.
 */
const RealDate = Date
const { CLOCK_AHEAD_MS = '0', CLOCK_STEP_MS = '0' } = process.env
let aheadMs = Number(CLOCK_AHEAD_MS)
process.on('SIGUSR2', () => { aheadMs += Number(CLOCK_STEP_MS) })

const now = (): number => RealDate.now() + aheadMs

globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, args: [], newTarget) => Reflect.construct(target, args.length > 0 ? args : [now()], newTarget) as Date,
  get: (target, name) => name === 'now' ? now : Reflect.get(target, name) as unknown,
})

/** Environment variables that start such a process. */
export const wrongClock = (aheadMs: number, stepMs = 0): Record<string, string> => ({
  NODE_OPTIONS: `--import=${import.meta.url}`, CLOCK_AHEAD_MS: String(aheadMs), CLOCK_STEP_MS: String(stepMs),
})
