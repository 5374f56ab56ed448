import { Problem } from '../../../lib/http/problem.ts'

export const maxFields = 10
export const maxFieldBytes = 1_024

type Field = { name: string, value: Buffer }

/** Collects the values of a form, within their limits. Throws `invalid-parameters`. */
export class FormFields {
  readonly #fields: Field[] = []

  get count (): number {
    return this.#fields.length
  }

  begin (name: string): void {
    if (this.#fields.length === maxFields) throw invalidField(name, 'too_many', `is one too many: a form has at most ${maxFields} values`)
    this.#fields.push({ name, value: Buffer.alloc(0) })
  }

  /** Appends to the value of the latest field. */
  append (content: Buffer): void {
    const field = this.#fields.at(-1)!
    field.value = Buffer.concat([field.value, content])
    if (field.value.length > maxFieldBytes) throw invalidField(field.name, 'too_long', `is longer than ${maxFieldBytes} bytes: put it into the address, as ?${field.name}=…`)
  }

  /** Returns the parameters of the query with those of the form. A parameter that is in both must have the same value. */
  withQuery (query: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const values = new Map<string, string>()
    for (const { name, value } of this.#fields) {
      if (values.has(name)) throw invalidField(name, 'repeated', 'is more than once in the form')
      const text = value.toString()
      if (Object.hasOwn(query, name) && query[name] !== text) throw invalidField(name, 'repeated', 'has one value in the address and another one in the form')
      values.set(name, text)
    }
    return { ...query, ...Object.fromEntries(values) }
  }
}

export function invalidField (name: string, code: string, message: string): Problem {
  const parameter = name.slice(0, 100)
  return new Problem('invalid-parameters', `Invalid form: ${parameter} ${message}`, { members: { errors: [{ parameter, code, message }] } })
}
