/** Represents an unknown age and every larger age (RFC 9111, section 1.2.2). */
const unknownSeconds = 2 ** 31

/**
 * Returns the `Age` header (RFC 9111, section 5.1): how old the data of a response may be, in seconds, rounded up. A replica is a
 * cache of the primary. A response of the primary has no age.
 */
export function age (ageMs: number | null): { age?: number } {
  return ageMs === null ? {} : { age: Math.min(Math.ceil(ageMs / 1000), unknownSeconds) }
}

export const documentedAge = {
  age: {
    description: `maximum age of the data in seconds, if a replica responded; ${unknownSeconds} if unknown. Absent: the primary responded with current data`,
    schema: { type: 'integer', minimum: 0, maximum: unknownSeconds },
  },
}
