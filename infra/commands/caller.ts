import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { Refused } from './pulumi.ts'

/** Time limits for a connection and for a response, in milliseconds. */
const requestHandler = { connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true }

/** Returns the ARN of this terminal's AWS identity, which needs no permission. Throws Refused if STS does not return an identity. */
export async function readCallerArn (region: string): Promise<string> {
  try {
    const { Arn: arn } = await new STSClient({ region, requestHandler }).send(new GetCallerIdentityCommand({}))
    if (arn) return arn
    throw new Error('the response has no ARN')
  } catch (error) {
    throw new Refused(`STS did not return your identity, which the audit records (${(error as Error).message || (error as Error).name}). No task was started.`)
  }
}
