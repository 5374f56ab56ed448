import assert from 'node:assert/strict'
import { callApi, callRatesApi, type Target } from './target.ts'
import type { Price } from './batches.ts'

export type Lane = { orig: string, dest: string }
export type Fixture = {
  /** The first 28 days of the month. */
  days: string[]
  /** Resolves with a lane that has no prices in the month. No lane is returned twice. */
  lane: () => Promise<Lane>
}

/** Finds lanes without prices in the month, so that no check meets the data of others or of an earlier run. */
export async function openFixture (target: Target): Promise<Fixture> {
  const days = Array.from({ length: 28 }, (_, index) => `${target.month}-${String(index + 1).padStart(2, '0')}`)
  const ports = await somePorts(target)
  const taken = new Set<string>()
  async function lane (): Promise<Lane> {
    for (let tries = 0; tries < 200; tries++) {
      const [orig, dest] = [pick(ports), pick(ports)]
      if (orig === dest || taken.has(orig + dest)) continue
      taken.add(orig + dest)
      const found = await counts(target, { orig, dest }, days)
      if (found.every(count => count === null)) return { orig, dest }
    }
    throw new Error(`no lane without prices was found in ${target.month}: choose another --month`)
  }
  return { days, lane }
}

async function somePorts (target: Target): Promise<string[]> {
  const found = new Set<string>()
  for (const q of ['', 'cn', 'de', 'us', 'in', 'br']) {
    const { status, json, text } = await callApi(`${target.rates}/locations?limit=100&q=${q}`, { key: target.ratesKey })
    assert.equal(status, 200, text)
    for (const { code, kind } of json.locations) if (kind === 'port') found.add(code)
  }
  assert.ok(found.size >= 10, `GET /locations gives ${found.size} ports: too few to work with`)
  return [...found]
}

const pick = <T>(items: T[]): T => items[Math.floor(Math.random() * items.length)]!

/** Resolves with the counts of a lane on these days, in their order; null for days without prices. */
export async function counts (target: Target, lane: Lane, days: string[]): Promise<Array<number | null>> {
  return (await rates(target, lane, days)).map(({ count }) => count)
}

export type Rate = { day: string, count: number | null, price: number | null }

/** Resolves with the rates of a lane from `GET /rates`, oldest day first. */
export async function rates (target: Target, { orig, dest }: Lane, days: string[]): Promise<Rate[]> {
  const { status, json, text } = await callRatesApi(target, { date_from: days[0]!, date_to: days.at(-1)!, orig_code: orig, dest_code: dest })
  assert.equal(status, 200, text)
  return json.rates.toReversed()
}

/** Compares the rates of a lane with the prices that were sent, day by day: counts exactly, means to the last digit but one. */
export async function expectPrices (target: Target, lane: Lane, days: string[], sent: Price[]): Promise<void> {
  for (const [index, { day, count, price }] of (await rates(target, lane, days)).entries()) {
    assert.equal(day, days[index])
    const cents = sent.filter(each => each.day === day && each.orig === lane.orig && each.dest === lane.dest).map(each => each.cents)
    const where = `${lane.orig} to ${lane.dest} on ${day}`
    assert.equal(count, cents.length || null, `count of ${where}`)
    if (cents.length < 3) {
      assert.equal(price, null, `price of ${where}, which has ${cents.length}`)
    } else {
      const mean = cents.reduce((sum, each) => sum + each, 0) / cents.length / 100
      assert.ok(price !== null && Math.abs(price - mean) < mean * 1e-12, `price of ${where}: ${price}, not ${mean}`)
    }
  }
}
