import type { Test } from 'tap'
import { Schema } from '../../infra/config-schema.ts'
import { compare } from '../docs/compare.ts'

/** The table of docs/aws.md is that of the code; `npm run docs` writes it. */
export async function docsOf (t: Test): Promise<void> {
  await compare(t, 'aws.md', ['| key | default | effect |', '| --- | --- | --- |', ...rows('', Schema)].join('\n'))
}

interface Node {
  type?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  required?: string[]
  properties?: Record<string, Node>
}

function rows (path: string, schema: Node, optional = false): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
    const key = path ? `${path}.${name}` : name
    const needed = schema.required?.includes(name) && !optional
    if (node.properties) return rows(key, node, !needed)
    const value = node.default === undefined ? (needed ? 'needed' : 'not set') : `\`${typeof node.default === 'string' ? node.default : JSON.stringify(node.default)}\``
    const words = node.enum ? ` (${node.enum.map(word => `\`${word}\``).join(', ')})` : ''
    return [`| \`${key}\` | ${value} | ${node.description}${words} |`]
  })
}
