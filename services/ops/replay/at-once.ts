/** Does the work for each item, `limit` at a time. Rejects with the first failure; then nothing more is begun. */
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
