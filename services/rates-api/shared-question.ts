/**
 * Asks once for all who want to know at the same time. Nobody gets the answer to a question that was put before they came:
 * who comes while one is under way waits for the next.
 */
export function shareQuestion<T> (ask: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined
  let next: Promise<T> | undefined

  function begin (): Promise<T> {
    next = undefined
    const asked = ask().finally(() => { if (current === asked) current = undefined })
    current = asked
    return asked
  }

  return () => {
    if (!current) return begin()
    next ??= current.then(begin, begin)
    return next
  }
}
