import { parse } from 'csv-parse/sync'
import { request as open, type Agent, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { waitLimitMs } from '../../harness/patience.ts'
import type { ExchangeResponse, Body, Request } from './exchange.ts'
import { fill, type Values } from './template.ts'

/** Headers that clients act on. Other headers are not part of the contract. */
const recordedHeaders = [
  'content-type', 'location', 'retry-after', 'www-authenticate', 'allow', 'cache-control', 'age', 'etag', 'vary', 'accept-encoding', 'accept-post',
  'connection', 'content-security-policy', 'idempotency-replayed', 'preference-applied', 'x-ratelimit-limit',
]

/** Sends a request as it is written, with no other headers than Host, Content-Length and Connection. */
export async function send (base: string, request: Request, key: string | null, values: Values, agent: Agent): Promise<ExchangeResponse> {
  if (request.raw) return await sendRaw(base, request.raw.map(line => fill(line, values)).join('\r\n') + '\r\n')
  const url = request.url ? fill(request.url, values) : base + fill(request.path!, values)
  const headers = Object.fromEntries(Object.entries(request.headers ?? {}).map(([name, value]) => [name, fill(value, values)]))
  const body = request.body && bytesOf(request.body, values)
  return await new Promise((resolve, reject) => {
    const sent = open(url, {
      agent, method: request.method ?? 'GET', timeout: waitLimitMs,
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(body ? { 'content-length': body.length } : {}), ...headers },
    }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject)
        .once('end', () => resolve(responseOf(response.statusCode!, response.headers, Buffer.concat(chunks).toString())))
    })
    sent.once('error', reject).once('timeout', () => sent.destroy(new Error(`no response within ${waitLimitMs} ms`)))
    sent.end(body)
  })
}

function bytesOf ({ lines, json, text = '', base64, gzip = false }: Body, values: Values): Buffer {
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  const content = fillContent(lines ? lines.map(line => `${line}\n`).join('') : json === undefined ? text : JSON.stringify(json), values)
  return gzip ? gzipSync(content) : Buffer.from(content)
}

/** JSON has its own braces: braces without a known name remain. */
const fillContent = (text: string, values: Values): string =>
  text.replace(/\{(repeat:[^:}]*:\d+|[a-z]\w*)\}/g, placeholder => placeholder.startsWith('{repeat:') || placeholder.slice(1, -1) in values ? fill(placeholder, values) : placeholder)

/** Sends a request that no HTTP client sends, on its own connection. Reads to the end of the connection or of the response. */
function sendRaw (base: string, text: string): Promise<ExchangeResponse> {
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: waitLimitMs })
    let received = ''
    const look = (): void => {
      const [head = '', ...rest] = received.split('\r\n\r\n')
      const [first = '', ...lines] = head.split('\r\n')
      const headers = Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
      const body = rest.join('\r\n\r\n')
      if (rest.length === 0 || Buffer.byteLength(body) < Number(headers['content-length'] ?? 0)) return
      resolve(responseOf(Number(first.split(' ')[1]), headers, headers['transfer-encoding'] ? '' : body))
      socket.destroy()
    }
    socket.setEncoding('utf8').on('data', (chunk: string) => { received += chunk; look() })
    socket.once('timeout', () => socket.destroy(new Error(`no response within ${waitLimitMs} ms`))).once('error', reject)
    socket.once('close', () => reject(new Error(`the connection closed without a response: ${received}`)))
    socket.write(text)
  })
}

function responseOf (status: number, headers: IncomingHttpHeaders, body: string): ExchangeResponse {
  const recordedOnes = Object.fromEntries(recordedHeaders.filter(name => headers[name] !== undefined).map(name => [name, String(headers[name])]))
  if (recordedOnes.connection === 'keep-alive') delete recordedOnes.connection
  return { status, headers: recordedOnes, ...bodyOf(headers['content-type'] ?? '', body) }
}

function bodyOf (type: string, body: string): Partial<ExchangeResponse> {
  if (body === '' || /^(text\/html|application\/xml)/.test(type)) return {} // a page for people, or a problem of the store
  if (/^application\/x-ndjson/.test(type)) return { ndjson: body.split('\n').filter(Boolean).map(line => JSON.parse(line) as unknown) }
  if (/^application\/(problem\+)?json/.test(type)) return { json: JSON.parse(body), lines: body.split('\n') }
  if (/^text\/csv/.test(type)) return { csv: parse(body, { relax_column_count: true }), lines: body.split('\n') }
  return { lines: body.split('\n') }
}
