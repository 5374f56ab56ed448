import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { csv, post, type Price } from './batches.ts'
import { expectPrices, openFixture, type Fixture, type Lane } from './fixture.ts'
import { callIngestionApi, type Target } from './target.ts'

/**
 * Kills the main process of each container of docker-compose with kill -9 from the host, and restarts PostgreSQL, while batches are sent. Every
 * batch must then be applied once. Needs root. Run `node test/system/acceptance/outages.ts [PROJECT]` in the folder of docker-compose.yml.
 */
const project = process.argv[2]
const services = ['postgres', 'emulator', 'rates-api', 'ingestion-api', 'ingestion-worker']
const address = (port: string): string => `http://127.0.0.1:${port}`
const target: Target = {
  rates: address(process.env.RATES_API_PORT ?? '3000'), ingestion: address(process.env.INGESTION_API_PORT ?? '3001'), key: 'development', month: '2017-05', seconds: 180,
}
const compose = (...args: string[]): string =>
  execFileSync('docker-compose', [...(project ? ['-p', project] : []), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()

const fixture = await openFixture(target)
await outage('docker-compose restart postgres', () => { compose('restart', 'postgres') })
for (const service of services) {
  await outage(`kill -9 ${service}`, () => {
    for (const id of compose('ps', '-q', service).split('\n')) {
      process.kill(Number(execFileSync('docker', ['inspect', '-f', '{{.State.Pid}}', id], { encoding: 'utf8' })), 'SIGKILL')
    }
  })
}

async function outage (name: string, strike: () => void): Promise<void> {
  const startedAt = performance.now()
  const seconds = (): string => ((performance.now() - startedAt) / 1_000).toFixed(1)
  const batches: Sent[] = []
  let retries = 0
  for (let number = 0; number < 10; number++) {
    const sent = makeBatch(fixture, await again(() => fixture.lane()))
    batches.push(sent)
    if (number === 4) {
      // The worker may be processing the previous batch, the API may be receiving this batch.
      const sending = deliver(sent)
      strike()
      await sending
    } else {
      await deliver(sent)
    }
  }
  const acceptedAt = seconds()
  for (const { id } of batches) assert.equal(await stateOf(id!), 'applied', id)
  for (const { lane, prices } of batches) await again(() => expectPrices(target, lane, fixture.days, prices))
  console.log(`✓ ${name}: 10 batches of 5,000 prices, accepted within ${acceptedAt} s (${retries} sent again), all applied, once, within ${seconds()} s`)

  /** Sends the batch as a provider does: repeatedly, until it is accepted. */
  async function deliver (sent: Sent): Promise<void> {
    const { json } = await again(async () => {
      const response = await post(target, csv(sent.prices), { key: sent.key })
      assert.equal(response.status, 202, response.text)
      return response
    }, () => retries++)
    sent.id = json.id
  }
}

type Sent = { key: string, lane: Lane, prices: Price[], id?: string }

function makeBatch ({ days }: Fixture, lane: Lane): Sent {
  return { key: randomUUID(), lane, prices: Array.from({ length: 5_000 }, (_, index) => ({ ...lane, day: days[index % 28]!, cents: 100 + index })) }
}

async function stateOf (id: string): Promise<string> {
  return await again(async () => {
    const { status, json } = await callIngestionApi(target, `/batches/${id}`)
    assert.equal(status, 200)
    if (['accepted', 'queued', 'processing'].includes(json.state)) throw new Error(`batch ${id} is ${json.state}`)
    return json.state
  })
}

/** Repeats the attempt until it succeeds, within the target's limit. */
async function again<T> (attempt: () => Promise<T>, onFailure: () => void = () => {}): Promise<T> {
  const until = performance.now() + target.seconds * 1_000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > until) throw error
      onFailure()
      await wait(250)
    }
  }
}
