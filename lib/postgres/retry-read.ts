import { isConnectionLost } from '../process/failures.ts'

/**
 * The result of a query that only reads, sent once more where its connection was lost: the server may have closed it while the
 * query was on its way. Throws what the second one throws.
 */
export async function retryRead<T> (read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!isConnectionLost(error)) throw error
    return await read()
  }
}
