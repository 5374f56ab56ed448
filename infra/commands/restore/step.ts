/** A step of the restore: why it is there, and its commands, for bash. */
export interface Step {
  title: string
  why: string[]
  commands: string[]
}

/** What a person asked for. */
export interface RestoreTarget {
  /** The moment, ISO 8601 in UTC. */
  to: string
  /** The instance or cluster that has the backups, where it is not the living one. */
  source: string
  /** The name that the new one has until names are exchanged. */
  restored: string
  /** The name that the living one gets. */
  aside: string
}

/** The steps as a script with its reasons as comments. */
export const scriptOf = (head: string[], steps: Step[]): string => [
  ...head.map(line => `# ${line}`),
  ...steps.flatMap(({ title, why, commands }, index) => ['', `# ${index + 1}. ${title}`, ...why.map(line => `# ${line}`), ...commands]),
  '',
].join('\n')
