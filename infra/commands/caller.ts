import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { Refused } from './pulumi.ts'

/** Longest wait for a connection and for an answer, in milliseconds. */
const requestHandler = { connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true }

/** ARN of the AWS identity that this terminal has: no permission is needed to read it. Throws Refused where STS does not give it. */
export async function callerArn (region: string): Promise<string> {
  try {
    const { Arn: arn } = await new STSClient({ region, requestHandler }).send(new GetCallerIdentityCommand({}))
    if (arn) return arn
    throw new Error('the answer has no ARN')
  } catch (error) {
    throw new Refused(`STS did not say who you are, so the audit could not name you (${(error as Error).message || (error as Error).name}). No task was started.`)
  }
}
