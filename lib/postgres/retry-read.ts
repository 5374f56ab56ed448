import { isConnectionLost } from '../process/failures.ts'

/**
 * Runs a read-only query, and retries it once if its connection was lost: the server may have closed the connection while the
 * query was in flight. Throws the error of the second attempt.
 */
export async function retryRead<T> (read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!isConnectionLost(error)) throw error
    return await read()
  }
}
