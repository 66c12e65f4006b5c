import { fileURLToPath } from 'node:url'

/** The absolute path of this program's launcher, whatever link it was called by. */
export function launcherFile(): string {
  return fileURLToPath(new URL('../../bin/postern.js', import.meta.url))
}
