/** The system under test, by its addresses alone, and the keys of its callers. */
export type Target = {
  rates: string
  ingestion: string
  /** Key of a provider with the scopes submit and read. */
  key: string
  /** Key of another provider with the same scopes. */
  otherKey?: string | undefined
  /** Key of an operator with the scope admin. */
  adminKey?: string | undefined
  /** Key for the rates API, if the rates API requires keys. */
  ratesKey?: string | undefined
  /** Month of the prices that are sent, as YYYY-MM. */
  month: string
  /** Longest wait for a batch, in seconds. */
  seconds: number
}

export type ApiResponse = { status: number, headers: Headers, text: string, json: any }

type Request = { method?: string, body?: string | Uint8Array, headers?: Record<string, string>, key?: string | undefined }

/** Sends a request and reads the complete response. `json` is undefined unless the body is JSON. */
export async function callApi (url: string, { method = 'GET', body, headers = {}, key }: Request = {}): Promise<ApiResponse> {
  const response = await fetch(url, {
    method,
    headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers },
    signal: AbortSignal.timeout(60_000),
    ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
  }).catch((error: Error & { cause?: { code?: string } }) => {
    throw new Error(`${method} ${url}: ${error.cause?.code ?? error.message}`)
  })
  const text = await response.text()
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '') && !/ndjson/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
}

/** Sends `GET /rates` with any parameters. */
export function callRatesApi (target: Target, query: Record<string, string>, headers: Record<string, string> = {}): Promise<ApiResponse> {
  return callApi(`${target.rates}/rates?${new URLSearchParams(query)}`, { headers, key: target.ratesKey })
}

/** Sends a request to the ingestion API as the provider. */
export function callIngestionApi (target: Target, path: string, request: Request = {}): Promise<ApiResponse> {
  return callApi(target.ingestion + path, { key: target.key, ...request })
}
