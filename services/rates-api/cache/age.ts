/** What stands for more seconds than anybody can count, or wants to (RFC 9111, section 1.2.2). */
const unknownSeconds = 2 ** 31

/**
 * `Age` (RFC 9111, section 5.1): how old an answer's data may be, in whole seconds, rounded up. A replica is a cache of the
 * primary; what the primary says itself has no age.
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
