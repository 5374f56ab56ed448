/** An error whose message is printed without a stack trace. Exit code 2 means wrong usage. */
export class CommandError extends Error {
  readonly exitCode: 1 | 2
  constructor (message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
