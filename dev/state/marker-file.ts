import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file in the state folders that `npm start` has created. It permits the deletion of the folder's contents. */
export const markerFileName = 'made-by-npm-start'

export function writeMarkerFile (folder: string): void {
  writeFileSync(join(folder, markerFileName), 'The data of `npm start`. `npm start -- --reset` deletes all of this folder.\n', { mode: 0o600 })
}
