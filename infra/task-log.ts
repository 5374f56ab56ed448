import { GetLogEventsCommand, ResourceNotFoundException, type CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'

/** Where a task's log is. */
export interface TaskLog { logGroup: string, container: string, taskArn: string }

const maxLastLines = 50

/** A log as it grows: `read` tells what has come since the last time, `lastLines` has its last lines, oldest first. Never throws. */
export function followLog (logs: CloudWatchLogsClient, { logGroup, container, taskArn }: TaskLog, onLine: (line: string) => void) {
  const logStreamName = `task/${container}/${taskArn.split('/').at(-1)}`
  const lastLines: string[] = []
  let nextToken: string | undefined

  function addLine (line: string): void {
    lastLines.push(line)
    if (lastLines.length > maxLastLines) lastLines.shift()
    onLine(line)
  }

  async function read (): Promise<void> {
    try {
      for (;;) {
        const before = nextToken
        const { events = [], nextForwardToken } = await logs.send(new GetLogEventsCommand({
          logGroupName: logGroup, logStreamName, startFromHead: true, nextToken,
        }))
        for (const { message } of events) addLine(message ?? '')
        nextToken = nextForwardToken ?? before
        if (nextToken === before) return // the same again: all was read
      }
    } catch (error) {
      // There is none before the container has started, and never where its image could not be.
      if (!(error instanceof ResourceNotFoundException)) addLine(`(no log: ${(error as Error).message})`)
    }
  }

  return { read, lastLines }
}
