import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { normalizeIP } from '@fastify/rate-limit'

/**
 * Who sent a request, for counting: an IPv4 address, or the /64 of an IPv6 one, since whoever has one address there has all of
 * them. `trustedProxies` says how many proxies are in front. Each adds an entry to X-Forwarded-For, at the right, and that many
 * are believed; what is further left was sent by the client. 0 is the address of the link.
 */
export function clientOf ({ headers, socket }: IncomingMessage, trustedProxies: number): string {
  const forwarded = trustedProxies > 0 ? headers['x-forwarded-for'] : undefined
  return networkOf(forwarded === undefined ? socket.remoteAddress ?? '' : entryFromRight(String(forwarded), trustedProxies))
}

/** The leftmost where there are fewer: the request came by a shorter way. */
function entryFromRight (list: string, position: number): string {
  let end = list.length
  let begin = list.lastIndexOf(',') + 1
  for (let at = 1; at < position && begin > 0; at++) {
    end = begin - 1
    begin = list.lastIndexOf(',', end - 1) + 1
  }
  return list.slice(begin, end).trim()
}

/** Some proxies write the client's port, too. What is no address is nobody in particular. */
function networkOf (entry: string): string {
  const address = /^\[(.*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(entry)
  const text = address?.[1] ?? address?.[2] ?? entry
  const version = isIP(text)
  if (version === 4) return text
  return version === 6 ? ofIPv6(text.split('%', 1)[0]!) : 'unknown'
}

/** Its first four groups; the library's way takes a third of what a whole answer does, and is left what begins with zeros. */
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
