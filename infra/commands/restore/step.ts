/** A step of the restore: its reasons, and its commands for bash. */
export interface Step {
  title: string
  why: string[]
  commands: string[]
}

/** Parameters of a restore. */
export interface RestoreTarget {
  /** Restore time, ISO 8601 in UTC. */
  to: string
  /** Instance or cluster that has the backups; by default the current one. */
  source: string
  /** Name of the new database until the names are exchanged. */
  restored: string
  /** Name that the current database gets. */
  aside: string
}

/** Returns the steps as a script, with the reasons as comments. */
export const scriptOf = (head: string[], steps: Step[]): string => [
  ...head.map(line => `# ${line}`),
  ...steps.flatMap(({ title, why, commands }, index) => ['', `# ${index + 1}. ${title}`, ...why.map(line => `# ${line}`), ...commands]),
  '',
].join('\n')
