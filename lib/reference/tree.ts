/** The slug of each region, with the slug of its parent; null for a region at the top. */
export type Tree = ReadonlyMap<string, string | null>

/**
 * Finds every cycle of a tree of regions, each once: the slugs in order from child to parent.
 * A region that is its own parent is a cycle of one.
 */
export function findCycles (tree: Tree): string[][] {
  const cycles: string[][] = []
  const seen = new Set<string>()
  for (const start of tree.keys()) {
    // Each region has one parent, so a walk upwards ends at the top, meets an earlier walk, or meets its own path.
    const path: string[] = []
    const onPath = new Set<string>()
    let slug: string | null | undefined = start
    while (typeof slug === 'string' && !seen.has(slug)) {
      seen.add(slug)
      onPath.add(slug)
      path.push(slug)
      slug = tree.get(slug)
    }
    if (typeof slug === 'string' && onPath.has(slug)) cycles.push(path.slice(path.indexOf(slug)))
  }
  return cycles
}
