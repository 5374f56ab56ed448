import fc from 'fast-check'
import t from 'tap'
import { maxHeaderBytes, splitParts } from '../../../../services/ingestion-api/form/split-parts.ts'

type Part = { header: string, content: Buffer }

async function * cut (body: Buffer, at: readonly number[]): AsyncGenerator<Buffer> {
  const places = [0, ...at.map(place => place % (body.length + 1)).toSorted((a, b) => a - b), body.length]
  for (const [index, place] of places.slice(1).entries()) if (place > places[index]!) yield body.subarray(places[index], place)
}

async function split (body: Buffer | string, boundary = 'b', at: readonly number[] = []): Promise<Part[] | string> {
  const parts: Part[] = []
  try {
    for await (const part of splitParts(cut(Buffer.from(body as string), at), boundary)) {
      if (Buffer.isBuffer(part)) parts.at(-1)!.content = Buffer.concat([parts.at(-1)!.content, part])
      else parts.push({ header: part.header.toString(), content: Buffer.alloc(0) })
    }
    return parts
  } catch (error) {
    return (error as Error).message
  }
}

const formOf = (parts: readonly Part[], boundary: string): Buffer => Buffer.concat([
  ...parts.flatMap(({ header, content }) => [Buffer.from(`--${boundary}\r\n${header}\r\n\r\n`), content, Buffer.from('\r\n')]), Buffer.from(`--${boundary}--\r\n`),
])

t.test('the parts are the same wherever the body is cut', async () => {
  const content = fc.oneof(
    fc.array(fc.constantFrom('\r', '\n', '-', '--', '\r\n', '\r\n--', '\r\n--b', '\r\n-', 'b', 'x', '\0'), { maxLength: 12 }).map(pieces => Buffer.from(pieces.join(''))),
    fc.uint8Array({ maxLength: 100 }).map(bytes => Buffer.from(bytes)))
  const part = fc.record({ header: fc.constantFrom('A: b', 'Content-Disposition: form-data; name="file"\r\nX: y'), content })
  await fc.assert(fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(1_000), { maxLength: 30 }), async (parts, at) => {
    const body = formOf(parts, 'bound-ary')
    const found = await split(body, 'bound-ary', at)
    return typeof found !== 'string' && found.length === parts.length && found.every(({ header, content }, index) =>
      header === parts[index]!.header && content.equals(parts[index]!.content))
  }), { numRuns: 3_000 })
})

t.test('each cut of the form of a browser, and each body that ends early', async t => {
  const parts = [{ header: 'A: 1', content: Buffer.from('true') }, { header: 'B: 2', content: Buffer.from('\r\n--\r\n--bo\r\n') }, { header: 'C: 3', content: Buffer.alloc(0) }]
  const body = formOf(parts, 'bound')
  for (let at = 0; at <= body.length; at++) t.same(await split(body, 'bound', [at]), parts, `cut at ${at}`)
  t.same(await split(body, 'bound', Array.from(body, (_, at) => at)), parts, 'byte by byte')
  for (let length = 0; length < body.length - 2; length++) t.match(await split(body.subarray(0, length), 'bound'), /ends before its last boundary/, `${length} bytes`)
})

t.test('bytes before the first and after the last boundary have no meaning', async t => {
  const parts = [{ header: 'A: 1', content: Buffer.from('x') }]
  for (let at = 0; at < 60; at++) t.same(await split('preamble\r\n--b\r\nA: 1\r\n\r\nx\r\n--b--\r\nepilogue\r\n--b\r\nB: 2\r\n\r\n', 'b', [at]), parts)
  t.same(await split('--b\r\n\r\nx\r\n--b--'), [{ header: '', content: Buffer.from('x') }], 'a part without a header')
  t.same(await split('--b--'), [])
})

t.test('a form that cannot be read exactly is refused', async t => {
  t.match(await split('--bx\r\nA: 1\r\n\r\nx\r\n--b--'), /other characters/, 'the content has the boundary')
  t.match(await split('--b-\r\nA: 1\r\n\r\nx\r\n--b--'), /other characters/)
  t.match(await split(`--b\r\nA: ${'x'.repeat(maxHeaderBytes)}\r\n\r\nx\r\n--b--`), /longer than 8192/)
  t.match(await split(`--b\r\nA: ${'x'.repeat(10 * maxHeaderBytes)}`, 'b', [9_000]), /longer than 8192/, 'before all of the header has arrived')
  const longest = `A: ${'x'.repeat(maxHeaderBytes - 5)}`
  t.same(await split(`--b\r\n${longest}\r\n\r\nx\r\n--b--`), [{ header: longest, content: Buffer.from('x') }], 'the longest header')
})
