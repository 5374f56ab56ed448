import { createInterface } from 'node:readline'
import { Refused } from '../pulumi.ts'

export interface Prompt {
  /** The option that answers it, without `--`. */
  option: string
  text: string
  /** Taken where nothing is said. */
  fallback?: string | undefined
  required: boolean
  pattern: RegExp
}

/** Where questions go. Without it nobody is asked: every answer is an option or its fallback. */
export type Terminal = { input: NodeJS.ReadableStream, output: NodeJS.WritableStream }

/** Answers questions: by an option, at the terminal, or by what is taken where nothing is said. */
export class Prompts {
  readonly #given: Record<string, string | undefined>
  readonly #terminal: Terminal | undefined
  readonly #lines: { close: () => void, iterator: AsyncIterator<string> } | undefined
  /** Options that are needed and were not given, where nobody could be asked. */
  readonly missing: string[] = []

  constructor (given: Record<string, string | undefined>, terminal?: Terminal) {
    this.#given = given
    this.#terminal = terminal
    const lines = terminal && createInterface({ input: terminal.input })
    this.#lines = lines && { close: () => lines.close(), iterator: lines[Symbol.asyncIterator]() }
  }

  /** Empty where nothing is said. Throws Refused where an option does not fit, or the input ends. */
  async read ({ option, text, fallback = '', required, pattern }: Prompt): Promise<string> {
    const fits = (input: string): boolean => input === '' ? !required : pattern.test(input)
    const given = this.#given[option]
    if (given !== undefined) {
      if (!fits(given)) throw new Refused(`--${option} ${given}: ${text}.`, 2)
      return given
    }
    if (!this.#terminal) {
      if (!fits(fallback)) this.missing.push(`--${option}  ${text}`)
      return fallback
    }
    while (true) {
      const input = await this.#line(`${text}${fallback ? ` [${fallback}]` : required ? '' : ' [none]'}: `) || fallback
      if (fits(input)) return input
      this.#terminal.output.write(input === '' ? 'A value is required.\n' : `"${input}" is not valid.\n`)
    }
  }

  /** An option that is never asked for. Empty where it is not given; throws Refused where it does not fit. */
  optional (option: string, pattern: RegExp): string {
    const given = this.#given[option] ?? ''
    if (given && !pattern.test(given)) throw new Refused(`--${option} ${given} is not valid.`, 2)
    return given
  }

  /** Whether the person says yes; yes where nobody can be asked. */
  async confirm (text: string): Promise<boolean> {
    return !this.#terminal || /^y(es)?$/i.test(await this.#line(`${text} [y/N]: `))
  }

  /** Leaves the input to others. */
  close (): void {
    this.#lines?.close()
  }

  async #line (prompt: string): Promise<string> {
    this.#terminal!.output.write(prompt)
    const { value, done } = await this.#lines!.iterator.next()
    if (done) throw new Refused('End of input: nothing was written.', 2)
    return (value as string).trim()
  }
}
