import type { FastifyInstance, InjectOptions } from 'fastify'
import type { Sql } from 'postgres'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { Metrics } from '../../lib/metrics/metrics.ts'
import { buildRatesApi, type Dependencies } from '../../services/rates-api/app.ts'
import { database, type TestDatabase } from './database.ts'
import { undocumented, type OpenApi } from './openapi.ts'

export type Result = { status: number, headers: Record<string, unknown>, text: string, body: any }
export type Call = { method?: 'GET' | 'HEAD' | 'POST', headers?: Record<string, string> }

export type TestRatesApi = {
  app: FastifyInstance
  db: TestDatabase
  /** Sends a request whose response is checked against /openapi.json. A query string is a record, or the text after `?`. */
  get: (path: string, query?: Record<string, unknown> | string, call?: Call) => Promise<Result>
}

export type Options = { limits?: Partial<Dependencies['limits']>, keys?: Dependencies['keys'], metrics?: Metrics, connect?: (db: TestDatabase) => Sql }

/** Starts the rates API on its own database, with the login of the rates API. */
export async function ratesApi (t: Test, { limits, keys = null, metrics, connect = db => db.open('rates_api') }: Options = {}): Promise<TestRatesApi> {
  const db = await database(t)
  const app = await buildRatesApi({
    connect: () => connect(db),
    log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
    keys,
    ...(metrics ? { metrics } : {}),
    limits: {
      maxDays: 366, asOf: { keepDays: 400, maxPrices: 5_000_000 },
      cacheBytes: 1_000_000, connections: 5, maxWaiting: 1_000, limitMs: 20_000, maxLagMs: 10_000, probeEveryMs: 50, ...limits,
    },
  })
  await app.ready()
  t.teardown(() => app.close())

  async function get (path: string, query: Record<string, unknown> | string = '', { method = 'GET', headers = {} }: Call = {}): Promise<Result> {
    const text = typeof query === 'string' ? query : new URLSearchParams(query as Record<string, string>).toString()
    const response = await app.inject({ method, url: text ? `${path}?${text}` : path, headers } as InjectOptions)
    const type = response.headers['content-type']
    const document = app.swagger() as unknown as OpenApi
    const wrong = undocumented(document, method, path, { status: response.statusCode, type: String(type), body: response.payload })
    if (wrong.length > 0) t.fail(wrong.join('; '))
    const body = response.payload && String(type).split(';')[0]!.endsWith('json') ? JSON.parse(response.payload) : response.payload
    return { status: response.statusCode, headers: response.headers, text: response.payload, body }
  }

  return { app, db, get }
}

/** Returns `parameter code` of each error, as the table tests name errors. */
export const errorsOf = ({ body }: Result): string[] => body.errors.map((error: any) => `${error.parameter} ${error.code}`)
