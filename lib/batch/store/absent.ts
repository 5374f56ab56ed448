/** Resolves to the response of the store, or to null if the object does not exist. Rejects if the bucket does not exist. */
export async function nullIfAbsent<T> (response: Promise<T>): Promise<T | null> {
  try {
    return await response
  } catch (error) {
    if (statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket') return null
    throw error
  }
}

/** Returns the HTTP status of an error response of the store. */
export const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
