export type Point = { millions: number, min: number, median: number, max: number }

const [width, height, left, right, top, bottom] = [640, 360, 64, 24, 40, 56]

/** Returns an SVG with a line for each series: the median time of a read in milliseconds, with minimum and maximum, by the number of prices. */
export function plot (series: Record<string, Point[]>): string {
  const points = Object.values(series).flat()
  const xs = points.map(({ millions }) => millions)
  const bottomMs = 10 ** Math.floor(Math.log10(Math.min(...points.map(({ min }) => min))))
  const topMs = 10 ** Math.ceil(Math.log10(Math.max(...points.map(({ max }) => max))))
  const x = logScale(Math.min(...xs), Math.max(...xs), left + 24, width - right - 24)
  const y = logScale(bottomMs, topMs, height - bottom, top)
  const lines: string[] = []
  for (let ms = bottomMs; ms <= topMs * 1.01; ms *= 10) {
    lines.push(`<line class="grid" x1="${left}" x2="${width - right}" y1="${y(ms)}" y2="${y(ms)}"/>`)
    lines.push(text(left - 8, y(ms) + 4, `${Number(ms.toPrecision(1))} ms`, 'end'))
  }
  for (const millions of new Set(xs)) lines.push(text(x(millions), height - bottom + 20, `${millions} M`, 'middle'))
  lines.push(text((left + width - right) / 2, height - 12, 'prices in the ledger', 'middle'))
  for (const [index, [name, each]] of Object.entries(series).entries()) {
    const drawn = [
      `<polyline points="${each.map(({ millions, median }) => `${x(millions)},${y(median)}`).join(' ')}"/>`,
      ...each.map(({ millions, min, max }) => `<line x1="${x(millions)}" x2="${x(millions)}" y1="${y(min)}" y2="${y(max)}"/>`),
      ...each.map(({ millions, median }) => `<circle cx="${x(millions)}" cy="${y(median)}" r="4"/>`),
    ]
    lines.push(`<g class="line${index}">${drawn.join('')}</g>`, text(x(each[0]!.millions), y(each[0]!.max) - 10, name, 'start'))
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">
<title>Time of a read by the number of prices in the ledger</title>
<style>.grid { stroke: #ddd } polyline { fill: none } g { stroke-width: 2 } .line0 { stroke: #c4541a; fill: #c4541a } .line1 { stroke: #1a5fb4; fill: #1a5fb4 }</style>
<rect width="${width}" height="${height}" fill="#fff"/>
${lines.join('\n')}
</svg>
`
}

/** Returns a function from a value to its coordinate, by logarithm. */
function logScale (from: number, to: number, start: number, end: number): (value: number) => number {
  return value => Math.round(start + (end - start) * Math.log(value / from) / Math.log(to / from))
}

function text (x: number, y: number, content: string, anchor: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${content}</text>`
}
