import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { normalizeIP } from '@fastify/rate-limit'

/**
 * Returns the client of a request, for rate limits: an IPv4 address, or the /64 of an IPv6 address, because a client usually
 * controls its whole /64. `trustedProxies` is the number of proxies in front. Each appends an entry to X-Forwarded-For, so that
 * many entries from the right are trusted; the client sent all entries before them. With 0, the client is the peer of the connection.
 */
export function clientOf ({ headers, socket }: IncomingMessage, trustedProxies: number): string {
  const forwarded = trustedProxies > 0 ? headers['x-forwarded-for'] : undefined
  return networkOf(forwarded === undefined ? socket.remoteAddress ?? '' : entryFromRight(String(forwarded), trustedProxies))
}

/** Returns the leftmost entry if there are fewer: the request passed fewer proxies. */
function entryFromRight (list: string, position: number): string {
  let end = list.length
  let begin = list.lastIndexOf(',') + 1
  for (let at = 1; at < position && begin > 0; at++) {
    end = begin - 1
    begin = list.lastIndexOf(',', end - 1) + 1
  }
  return list.slice(begin, end).trim()
}

/** Removes the client's port, which some proxies add. Returns `unknown` for an entry that is not an address. */
function networkOf (entry: string): string {
  const address = /^\[(.*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(entry)
  const text = address?.[1] ?? address?.[2] ?? entry
  const version = isIP(text)
  if (version === 4) return text
  return version === 6 ? ofIPv6(text.split('%', 1)[0]!) : 'unknown'
}

/** Returns the first four groups. `normalizeIP` costs a third of a whole response, so only addresses that begin with zeros use it. */
function ofIPv6 (address: string): string {
  const ipv4 = address.startsWith('::ffff:') ? address.slice(7) : ''
  if (isIP(ipv4) === 4) return ipv4
  if (/^0*:/.test(address)) return normalizeIP(address, 64)
  const [left = '', right] = address.split('::')
  const groups = left.split(':')
  const others = right ? right.split(':') : []
  const length = groups.length + others.length + (address.includes('.') ? 1 : 0)
  const zeros = right === undefined ? 0 : 8 - length
  const first = [...groups, ...Array<string>(zeros).fill('0'), ...others].slice(0, 4)
  return `${first.map(group => parseInt(group, 16).toString(16)).join(':')}::/64`
}
