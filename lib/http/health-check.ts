import { request } from 'node:http'

/** The health check of a container: asks this process's own PORT for a path, `/live` unless another is given; exit code 0 on 200. */
const path = process.argv[2] ?? '/live'
const asked = request({ host: '127.0.0.1', port: process.env.PORT || 8080, path, timeout: 4_000 }, answer => {
  answer.setEncoding('utf8').on('data', text => process.stdout.write(text)).on('end', () => process.exit(answer.statusCode === 200 ? 0 : 1))
})
asked.on('timeout', () => asked.destroy(new Error('no answer within 4 s')))
asked.on('error', error => {
  console.error(error.message)
  process.exit(1)
})
asked.end()
