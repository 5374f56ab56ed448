import type { Name, State } from './batch.ts'

type AdviceByName = Record<Exclude<Name['kind'], 'target'>, string>

const dryRun = 'Send the file again: each dry run without an Idempotency-Key is a new check.'
const deadLettered = 'An operator decides whether the batch is processed again or discarded; sending it again changes nothing. ' +
  'Wait for that decision. When the operator asks for it, or the state is discarded, send it again under a new Idempotency-Key.'
const discarded = 'None of it is applied, and that is final for this key, content or upload. ' +
  'To have it applied, send it again under a new Idempotency-Key.'

const adviceByState: Record<State, AdviceByName | null> = {
  accepted: null,
  queued: null,
  processing: null,
  held: null,
  applied: null,
  withdrawing: null,
  validated: null,
  rejected: {
    key: 'This outcome is final for its Idempotency-Key. ' +
      'Send the corrected file, or the same file once ports or limits have changed, under another key.',
    content: 'Correct the file and send it. The same file is checked again where reference data, limits, rows or the release have changed since.',
    upload: 'Correct the file and upload it. The same upload is checked again where reference data, limits, rows or the release have changed since.',
    request: 'Correct the file and send it again: each dry run without an Idempotency-Key is a new check.',
  },
  dead_lettered: { key: deadLettered, content: deadLettered, upload: deadLettered, request: dryRun },
  discarded: { key: discarded, content: discarded, upload: discarded, request: dryRun },
  withdrawn: null,
}

/** Returns what the provider can do about a batch that was not applied; null for any other state. */
export function adviceFor (name: Name, { state, first_errors: errors }: { state: State, first_errors: readonly unknown[] }): string | null {
  const [first] = errors as Array<{ code?: string, value?: string }>
  if (state === 'rejected' && first?.code === 'duplicate') {
    return `Batch ${first.value} has applied the same content: no action is needed. To apply it a second time, send it under an Idempotency-Key.`
  }
  if (state === 'rejected' && ['withdrawn', 'already_replaced', 'superseded'].includes(first?.code ?? '')) {
    return 'This outcome is final for its key, content or upload. To have the file applied, send it again under a new Idempotency-Key.'
  }
  return name.kind === 'target' ? null : adviceByState[state]?.[name.kind] ?? null
}
