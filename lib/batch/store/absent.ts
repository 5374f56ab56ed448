/** An answer of the store, or null where there is no such object. */
export async function nullIfAbsent<T> (response: Promise<T>): Promise<T | null> {
  try {
    return await response
  } catch (error) {
    if (statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket') return null
    throw error
  }
}

/** HTTP status of an error that the store answered with. */
export const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
