import { createHash } from 'node:crypto'
import { Problem } from '../../../lib/http/problem.ts'

const lengths: Readonly<Record<string, number>> = { 'sha-256': 32, 'sha-512': 64 }

/** Verifies the bytes of a body, as they were sent. */
export type DigestCheck = {
  update: (chunk: Buffer) => void
  /** Throws `digest-mismatch`. */
  end: () => void
}

/**
 * Parses `Content-Digest` (RFC 9530): the digest of the content as sent, in its content coding. Each `sha-256` and `sha-512` is
 * verified; other algorithms are ignored. Throws `invalid-parameters` for a malformed field.
 */
export function parseContentDigest (field: string | undefined): DigestCheck {
  const expected = field === undefined ? [] : [...members(field)].filter(([algorithm]) => algorithm in lengths)
  for (const [algorithm, digest] of expected) if (digest.length !== lengths[algorithm]) throw malformed()
  const hashes = expected.map(([algorithm, digest]) => ({ algorithm, digest, hash: createHash(algorithm.replace('-', '')) }))
  return {
    update (chunk) { for (const { hash } of hashes) hash.update(chunk) },
    end () {
      for (const { algorithm, digest, hash } of hashes) {
        const found = hash.digest()
        if (!found.equals(digest)) {
          throw new Problem('digest-mismatch', `The ${algorithm} of the received body is :${found.toString('base64')}:, which differs from Content-Digest. ` +
            'The body was truncated or changed in transit: send it again')
        }
      }
    },
  }
}

const key = '[a-z*][a-z0-9_.*-]*'
const bareItem = '(?:"(?:[ !#-[\\]-~]|\\\\["\\\\])*"|-?[0-9]+(?:\\.[0-9]+)?|[A-Za-z*][!#$%&\'*+.^_`|~0-9A-Za-z:/-]*|:[A-Za-z0-9+/=]*:|\\?[01])'
/** Matches a member of a Dictionary (RFC 9651) whose value is a Byte Sequence; its parameters are ignored. */
const member = new RegExp(`(${key})=:([A-Za-z0-9+/]*={0,2}):(?: *;[ ]*${key}(?:=${bareItem})?)*`, 'y')
const comma = /[ \t]*,[ \t]*/y

/** Returns the members. If a name is repeated, the last member counts. */
function members (field: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  const text = field.replace(/^ +| +$/g, '')
  for (let at = 0; ;) {
    member.lastIndex = at
    const match = member.exec(text)
    if (!match) throw malformed()
    found.set(match[1]!, Buffer.from(match[2]!, 'base64'))
    if (member.lastIndex === text.length) return found
    comma.lastIndex = member.lastIndex
    if (!comma.test(text)) throw malformed()
    at = comma.lastIndex
  }
}

const malformed = (): Problem => new Problem('invalid-parameters', 'Invalid headers: content-digest', {
  members: {
    errors: [{
      parameter: 'content-digest',
      code: 'malformed',
      message: 'must be sha-256=:BASE64: (RFC 9530), the digest of the body as it is sent, in base64 between colons',
    }],
  },
})
