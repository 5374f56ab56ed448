/** Returns true for a name of a stack: at most 12 lower-case letters, digits and -, a letter first. AWS limits the names of target groups. */
export const isStackName = (name: string): boolean => /^[a-z][a-z0-9-]{0,11}$/.test(name)
