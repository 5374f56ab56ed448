/** Runs `work` for each item, at most `limit` at a time. After the first failure no more work starts, and the call rejects. */
export async function atOnce<T> (limit: number, items: Iterable<T>, work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items[Symbol.iterator]()
  let failed = false
  async function take (): Promise<void> {
    for (let next = rest.next(); !next.done && !failed; next = rest.next()) {
      await work(next.value).catch(error => {
        failed = true
        throw error
      })
    }
  }
  await Promise.all(Array.from({ length: limit }, take))
}
