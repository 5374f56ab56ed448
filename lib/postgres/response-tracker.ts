/**
 * Follows PostgreSQL's messages on one connection in both directions, with chunks of any size, and reports whether the server owes
 * a response. Only then does silence mean a dead connection: a client that prepares its next query or the next rows of a COPY is
 * silent too.
 */
export class ResponseTracker {
  readonly #sent = new Messages(true)
  readonly #received = new Messages(false)
  /** Queries and Syncs that have not had their ReadyForQuery. */
  #pendingResponses = 0
  /** True while the server waits for the rows of a COPY. */
  #copying = false

  get isAwaitingServer (): boolean {
    return this.#pendingResponses > 0 && !this.#copying
  }

  sent (chunk: Uint8Array): void {
    this.#sent.read(chunk, type => {
      if (type === 'startup' || type === 'Q' || type === 'S' || type === 'F') this.#pendingResponses++
      else if (type === 'c' || type === 'f') this.#copying = false // CopyDone, CopyFail
    })
  }

  received (chunk: Uint8Array): void {
    this.#received.read(chunk, type => {
      if (type === 'G') this.#copying = true // CopyInResponse
      if (type !== 'Z') return
      this.#pendingResponses = Math.max(0, this.#pendingResponses - 1)
      this.#copying = false
    })
  }
}

/** Reads message types. A message is one type byte, four length bytes that count themselves, and a body. A client's first message has no type. */
class Messages {
  readonly #head = Buffer.alloc(5)
  #headLength: number
  /** Bytes of the current message that have not arrived. */
  #remaining = 0

  #isFirst: boolean

  constructor (fromClient: boolean) {
    this.#isFirst = fromClient
    this.#headLength = fromClient ? 1 : 0
  }

  read (chunk: Uint8Array, on: (type: string) => void): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#remaining > 0) {
        const passed = Math.min(this.#remaining, chunk.length - at)
        this.#remaining -= passed
        at += passed
        continue
      }
      this.#head[this.#headLength++] = chunk[at++]!
      if (this.#headLength < this.#head.length) continue
      this.#remaining = Math.max(0, this.#head.readUInt32BE(1) - 4)
      on(this.#isFirst ? 'startup' : String.fromCharCode(this.#head[0]!))
      this.#isFirst = false
      this.#headLength = 0
    }
  }
}
