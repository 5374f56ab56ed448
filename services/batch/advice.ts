import type { Name } from './batch.ts'

const advices: Record<Name['kind'], string> = {
  key: 'This outcome is final for its Idempotency-Key. Send the corrected file, or the same file once ports or limits have changed, under another key.',
  content: 'Correct the file and send it. The same file is checked again where reference data, limits, rows or the release have changed since.',
  upload: 'Correct the file and upload it. The same upload is checked again where reference data, limits, rows or the release have changed since.',
  request: 'Correct the file and send it again: each dry run without an Idempotency-Key is a new check.',
}

/** Says what the provider can do about a rejected batch; null for any other state. */
export function adviceFor (name: Name, { state, first_errors: errors }: { state: string, first_errors: readonly unknown[] }): string | null {
  if (state !== 'rejected') return null
  const [first] = errors as Array<{ code?: string, value?: string }>
  if (first?.code === 'duplicate') return `The content is applied as batch ${first.value}: nothing is to be done. To apply it a second time, send it under an Idempotency-Key.`
  return advices[name.kind]
}
