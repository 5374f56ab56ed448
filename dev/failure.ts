/** A failure that the user can do something about: one sentence, and what the failing program said last. */
export class Failure extends Error {
  readonly tail: string[]
  constructor (sentence: string, tail: string[] = []) {
    super(sentence)
    this.tail = tail
  }
}
