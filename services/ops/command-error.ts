/** Printed to the person at the terminal as it is, without a stack. Exit code 2 is wrong usage. */
export class CommandError extends Error {
  readonly exitCode: 1 | 2
  constructor (message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
