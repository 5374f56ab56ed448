import { alarms, type Alarm, type PrometheusCondition } from './alarms.ts'

/** Durations and thresholds of the rules. The alarm drill shortens them to a few seconds. */
export type RuleTiming = {
  windowSeconds: (minutes: number) => number
  forSeconds: (minutes: number) => number
  above: (name: string, threshold: number) => number
}

export const defaultTiming: RuleTiming = {
  windowSeconds: minutes => minutes * 60, forSeconds: minutes => minutes * 60, above: (_name, threshold) => threshold,
}

type Rule = { alert: string, expr: string, for: string, labels: Record<string, string>, annotations: Record<string, string> }

/** Returns the rules of Prometheus, in the format of its rule files. */
export function prometheusRules (timing: RuleTiming = defaultTiming): { groups: Array<{ name: string, rules: Rule[] }> } {
  const rules = Object.entries<Alarm>(alarms).flatMap(([name, { summary, severity, reason, prometheus }]) => prometheus
    ? [{
        alert: name,
        expr: expressionOf(name, prometheus, timing),
        for: `${timing.forSeconds(prometheus.forMinutes)}s`,
        labels: { severity },
        annotations: { summary, description: reason, runbook: `docs/runbook.md#${name}` },
      }]
    : [])
  return { groups: [{ name: 'freight-rates', rules }] }
}

function expressionOf (name: string, { expression, above, least, windowMinutes }: PrometheusCondition, timing: RuleTiming): string {
  const isAbove = `(${expression}) > ${timing.above(name, above)}`
  return (least ? `(${isAbove}) and (${least.expression}) >= ${least.count}` : isAbove).replaceAll('$window', `${timing.windowSeconds(windowMinutes)}s`)
}
