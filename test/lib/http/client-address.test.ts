import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import t from 'tap'
import { clientOf } from '../../../lib/http/client-address.ts'

const from = (remoteAddress: string, forwarded: string | undefined, proxies: number): string =>
  clientOf({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } } as unknown as IncomingMessage, proxies)

t.test('one client has one name', async t => {
  const names = (addresses: string[]): Set<string> => new Set(addresses.map(address => from(address, undefined, 0)))
  const clients = [
    ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201', '0:0:0:0:0:ffff:c000:201', '::FFFF:192.0.2.1'],
    ['2001:db8:1:2::1', '2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:0db8:0001:0002:0:0:0:5', '2001:db8:1:2::'],
    ['2001:db8:1:3::1'],
    ['2001:db8::5:6:7:8:9', '2001:db8:0:5::', '2001:db8:0:5:1:2:3:4'],
    ['2001:db8::', '2001:db8::1', '2001:db8:0:0:1::'],
    ['::1', '::', '0::1', '0:0:0:0:0:0:0:1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::'],
    ['fe80::1', 'fe80::2%eth0'],
  ]
  for (const addresses of clients) t.equal(names(addresses).size, 1, addresses.join(' '))
  t.equal(names(clients.flat()).size, clients.length, 'and no two clients have the same')
  t.same([...names(['192.0.2.1', '::ffff:c000:201'])], ['192.0.2.1'])
})

t.test('an IPv6 address counts as its /64, however it is written', async () => {
  const group = fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constant(0))
  const groupsOf = (length: number) => fc.array(group, { minLength: length, maxLength: length })
  fc.assert(fc.property(groupsOf(8), groupsOf(4), (groups, others) => {
    const full = groups.map(each => each.toString(16)).join(':')
    const long = groups.map(each => each.toString(16).padStart(4, '0').toUpperCase()).join(':')
    const short = new URL(`http://[${full}]`).hostname.slice(1, -1)
    const neighbour = [...groups.slice(0, 4), ...others].map(each => each.toString(16)).join(':')
    const same = new Set([full, long, short, ...(groups.slice(0, 4).some(Boolean) ? [neighbour] : [])].map(address => from(address, undefined, 0)))
    return same.size === 1
  }), { numRuns: 2_000 })
})

t.test('entries of X-Forwarded-For count from the right, one for each proxy', async t => {
  const cases: Array<[string | undefined, number, string]> = [
    ['198.51.100.7', 0, '10.0.0.1'],
    [undefined, 1, '10.0.0.1'],
    ['198.51.100.7', 1, '198.51.100.7'],
    ['1.1.1.1, 198.51.100.7', 1, '198.51.100.7'],
    ['1.1.1.1,2.2.2.2,198.51.100.7', 1, '198.51.100.7'],
    ['1.1.1.1, 198.51.100.7, 203.0.113.9', 2, '198.51.100.7'],
    ['198.51.100.7', 2, '198.51.100.7'],
    ['9.9.9.9, 1.1.1.1, 198.51.100.7, 203.0.113.9', 3, '1.1.1.1'],
    ['1.1.1.1, 2001:db8:1:2::9', 1, '2001:db8:1:2::/64'],
    ['1.1.1.1, ::ffff:198.51.100.7', 1, '198.51.100.7'],
    ['198.51.100.7:50123', 1, '198.51.100.7'],
    ['[2001:db8:1:2::9]:50123', 1, '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::9]', 1, '2001:db8:1:2::/64'],
    ['1.1.1.1,', 1, 'unknown'],
    ['', 1, 'unknown'],
    ['unknown', 1, 'unknown'],
    ['x'.repeat(10_000), 1, 'unknown'],
    ['999.1.1.1', 1, 'unknown'],
    [',', 5, 'unknown'],
  ]
  for (const [forwarded, proxies, name] of cases) t.equal(from('10.0.0.1', forwarded, proxies), name, `${forwarded?.slice(0, 60)}, ${proxies}`)
})
