import { setImmediate } from 'node:timers/promises'

/** Takes the steps of a generator. Between them, `afterStep` is called, and other work of the process gets a turn. */
export async function inSteps (steps: Generator<void>, afterStep: (began: number) => Promise<void>): Promise<void> {
  for (let began = performance.now(); !steps.next().done; began = performance.now()) {
    await afterStep(began)
    await setImmediate()
  }
}
