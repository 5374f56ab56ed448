/** Returns whether a GET (or HEAD) of `url` answers 2xx within two seconds. */
export async function isHttpReady (url: string, method: 'GET' | 'HEAD' = 'GET'): Promise<boolean> {
  try {
    const response = await fetch(url, { method, signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
