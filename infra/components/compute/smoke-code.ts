import * as s3 from '@pulumi/aws/s3/index.js'
import * as pulumi from '@pulumi/pulumi'
import { strToU8, zipSync } from 'fflate'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

/** The bucket with the code of the smoke check, one object for each version. The bucket has nothing else and no secret. */
export class SmokeCode extends pulumi.ComponentResource {
  readonly bucket: pulumi.Output<string>
  readonly key: pulumi.Output<string>

  constructor (name: string, opts?: pulumi.ComponentResourceOptions) {
    super('freight:infra:SmokeCode', name, {}, opts)
    const { bucket } = new s3.Bucket(`${name}-code`, { forceDestroy: true }, { parent: this })
    const publicAccessBlock = new s3.BucketPublicAccessBlock(`${name}-code`, {
      bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true,
    }, { parent: this })
    const zip = zipSmokeCheck()
    const object = new s3.BucketObjectv2(`${name}-smoke-check`, {
      bucket, key: `smoke-check-${createHash('sha256').update(zip).digest('hex').slice(0, 20)}.zip`,
      contentBase64: zip.toString('base64'), contentType: 'application/zip',
    }, { parent: this, dependsOn: publicAccessBlock })
    this.bucket = bucket
    this.key = object.key
    this.registerOutputs({ key: this.key })
  }
}

/** Returns the zip archive for Lambda, which does not read TypeScript. The same source gives the same bytes. */
export function zipSmokeCheck (): Buffer {
  const source = stripTypeScriptTypes(readFileSync(join(import.meta.dirname, '../../smoke/check.ts'), 'utf8'))
  return Buffer.from(zipSync({ 'check.mjs': strToU8(source) }, { mtime: '1980-01-01T12:00:00' }))
}
