/** An error that the user can fix: one sentence, and the last output of the failed program. */
export class Failure extends Error {
  readonly tail: string[]
  constructor (sentence: string, tail: string[] = []) {
    super(sentence)
    this.tail = tail
  }
}
