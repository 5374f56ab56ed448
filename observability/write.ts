import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { grafanaDashboard } from './grafana.ts'
import { prometheusRules } from './rules.ts'

/** Returns the generated files of `local/`, for `npm run dashboards`. They are JSON, which is also YAML. */
export const generatedFiles = (): Record<string, string> => Object.fromEntries(Object.entries({
  'prometheus/rules.json': prometheusRules(),
  'grafana/dashboards/freight-rates.json': grafanaDashboard(),
}).map(([name, content]) => [name, `${JSON.stringify(content, null, 2)}\n`]))

if (import.meta.main) {
  for (const [name, text] of Object.entries(generatedFiles())) writeFileSync(join(import.meta.dirname, 'local', name), text)
}
