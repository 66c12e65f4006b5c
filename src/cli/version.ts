import { readFileSync } from 'node:fs'

/** The version of this program. */
export function version(): string {
  // The shape of our own package.json.
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return manifest.version
}
