import type { Check } from './check.ts'
import { access } from './access.ts'
import { applied } from './applied.ts'
import { documents } from './documents.ts'
import { formats } from './formats.ts'
import { locations } from './locations.ts'
import { lists } from './lists.ts'
import { ratesContract } from './rates-contract.ts'
import { refusals } from './refusals.ts'
import { rejected } from './rejected.ts'
import { uploads } from './uploads.ts'

/** All checks, in the order in which they run. */
export const acceptance: Check[] = [
  ...ratesContract, ...locations, ...applied, ...rejected, ...formats, ...uploads, ...lists, ...refusals, ...access, ...documents,
]
