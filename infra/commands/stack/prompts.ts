import { createInterface } from 'node:readline'
import { Refused } from '../pulumi.ts'

export interface Prompt {
  /** The option that supplies the value, without `--`. */
  option: string
  text: string
  /** Used if the person enters nothing. */
  fallback?: string | undefined
  required: boolean
  pattern: RegExp
}

/** Where prompts go. Without a terminal, every value comes from an option or its fallback. */
export type Terminal = { input: NodeJS.ReadableStream, output: NodeJS.WritableStream }

/** Reads values: from an option, from the terminal, or from the fallback. */
export class Prompts {
  readonly #given: Record<string, string | undefined>
  readonly #terminal: Terminal | undefined
  readonly #lines: { close: () => void, iterator: AsyncIterator<string> } | undefined
  /** Required options that were not given, if there is no terminal. */
  readonly missing: string[] = []

  constructor (given: Record<string, string | undefined>, terminal?: Terminal) {
    this.#given = given
    this.#terminal = terminal
    const lines = terminal && createInterface({ input: terminal.input })
    this.#lines = lines && { close: () => lines.close(), iterator: lines[Symbol.asyncIterator]() }
  }

  /** Returns the value; empty if nothing was entered. Throws Refused if an option is invalid, or the input ends. */
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

  /** Returns an option that has no prompt; empty if it is not given. Throws Refused if the option is invalid. */
  optional (option: string, pattern: RegExp): string {
    const given = this.#given[option] ?? ''
    if (given && !pattern.test(given)) throw new Refused(`--${option} ${given} is not valid.`, 2)
    return given
  }

  /** Returns whether the person confirms; true without a terminal. */
  async confirm (text: string): Promise<boolean> {
    return !this.#terminal || /^y(es)?$/i.test(await this.#line(`${text} [y/N]: `))
  }

  /** Releases the input. */
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
