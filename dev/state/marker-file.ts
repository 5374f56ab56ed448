import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file in a state folder that `npm start` has made: it says that all of the folder may be deleted. */
export const markerFileName = 'made-by-npm-start'

export function writeMarkerFile (folder: string): void {
  writeFileSync(join(folder, markerFileName), 'The data of `npm start`. `npm start -- --reset` deletes all of this folder.\n', { mode: 0o600 })
}
