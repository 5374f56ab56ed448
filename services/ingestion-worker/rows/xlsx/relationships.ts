import { FileRefused } from '../file-refused.ts'
import type { PackageParts } from './package-parts.ts'

/** Targets of a part: the part that each id names, and its kind, such as `worksheet`. Targets outside the workbook are left out. */
export type Relationships = Map<string, { kind: string, part: string }>

const elements = ['Relationship']
/** A workbook of 100 sheets has about as many relationships. */
const MAX_RELATIONSHIPS = 10_000
/** Longest id, type or target. */
const MAX_CHARS = 1_000

/** Reads the relationships of a part; `''` is the workbook file itself. Nothing is fetched. Throws FileRefused. */
export async function readRelationships (parts: PackageParts, part: string): Promise<Relationships> {
  const slash = part.lastIndexOf('/') + 1
  const folder = part.slice(0, slash)
  const name = `${folder}_rels/${part.slice(slash)}.rels`
  const relationships: Relationships = new Map()
  if (!parts.has(name)) return relationships
  await parts.scan(name, elements, {
    open (element, _depth, attributes) {
      if (element !== 0) return
      const { Id: id, Type: type, Target: target, TargetMode: mode } = Object.fromEntries(attributes.toMap())
      if (!id || !type || !target || mode === 'External') return
      if (relationships.size === MAX_RELATIONSHIPS || [id, type, target].some(({ length }) => length > MAX_CHARS)) throw new FileRefused('damaged_workbook')
      relationships.set(id, { kind: type.slice(type.lastIndexOf('/') + 1), part: resolve(folder, target) }) // Strict workbooks have another beginning
    },
    close () {},
    text () {},
  })
  return relationships
}

/** Returns the name of a part, from a target that may be relative to a folder. */
function resolve (folder: string, target: string): string {
  const segments: string[] = []
  for (const segment of (target.startsWith('/') ? target : folder + target).replaceAll('\\', '/').split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return segments.join('/')
}
