import t from 'tap'
import { ResponseTracker } from '../../../lib/postgres/response-tracker.ts'

/** Returns a message of PostgreSQL's protocol. */
function message (type: string, body: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(body as string)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length + 4)
  return Buffer.concat([Buffer.from(type), length, bytes])
}
const startup = message('', Buffer.from('\0\x03\0\0user\0x\0\0'))
const ready = message('Z', 'T')

/** The bytes of one side, and whether the server owes a response afterwards. */
type Passed = [from: 'client' | 'server', bytes: Buffer, serverOwes: boolean]

const conversations: Record<string, Passed[]> = {
  'login, a query, an idle transaction': [
    ['client', startup, true],
    ['server', Buffer.concat([message('R', '\0\0\0\0'), message('S', 'TimeZone\0UTC\0'), message('K', '12345678')]), true],
    ['server', ready, false],
    ['client', message('Q', 'begin\0'), true],
    ['server', Buffer.concat([message('C', 'BEGIN\0'), ready]), false],
    ['client', Buffer.concat([message('P', '\0select $1\0'), message('D', 'S\0'), message('S')]), true],
    ['server', Buffer.concat([message('1'), message('T', 'Z\0\0\0\x05I')]), true],
    ['server', ready, false],
  ],
  'two queries at once: after the first result the second is still owed': [
    ['client', Buffer.concat([startup, message('B', 'x'), message('E'), message('S'), message('Q', 'select 1\0')]), true],
    ['server', ready, true],
    ['server', ready, true],
    ['server', ready, false],
  ],
  'COPY: while the server waits for rows it owes no response': [
    ['client', Buffer.concat([startup, message('Q', 'copy …\0')]), true],
    ['server', Buffer.concat([ready, message('G', '\x01\0\0')]), false],
    ['client', message('d', 'Q\0\0\0\x04S\0\0\0\x04'), false],
    ['client', message('d', Buffer.alloc(70_000, 'S')), false],
    ['client', message('c'), true],
    ['server', Buffer.concat([message('C', 'COPY 2\0'), ready]), false],
  ],
  'COPY that fails, or that the client cancels': [
    ['client', Buffer.concat([startup, message('Q', 'copy …\0')]), true],
    ['server', Buffer.concat([ready, message('G', '\x01\0\0')]), false],
    ['server', Buffer.concat([message('E', 'full\0'), ready]), false],
    ['client', message('Q', 'copy …\0'), true],
    ['server', message('G', '\x01\0\0'), false],
    ['client', message('f', 'cancelled\0'), true],
    ['server', Buffer.concat([message('E', 'cancelled\0'), ready]), false],
  ],
}

for (const [what, passed] of Object.entries(conversations)) {
  t.test(what, async t => {
    for (const size of [1, 2, 3, 5, 1_000, 1_000_000]) {
      const tracker = new ResponseTracker()
      const seen = passed.map(([from, bytes]) => {
        for (let at = 0; at < bytes.length; at += size) {
          const chunk = bytes.subarray(at, at + size)
          if (from === 'client') tracker.sent(chunk)
          else tracker.received(chunk)
        }
        return tracker.isAwaitingServer
      })
      t.same(seen, passed.map(([, , serverOwes]) => serverOwes), `in chunks of ${size} bytes`)
    }
  })
}
