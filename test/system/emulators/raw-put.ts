import { request } from 'node:http'

/** Sends a PUT with these headers and no others but `Host`, and resolves with the status: `fetch` would add its own headers. */
export function rawPut ({ url, headers, body }: { url: string, headers: Record<string, string>, body: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { method: 'PUT', headers }, response => {
      response.resume()
      resolve(response.statusCode!)
    }).on('error', reject).end(body)
  })
}
