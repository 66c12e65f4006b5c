/** Writes octets for people. */
export function sizeText(octets: number): string {
  if (octets < 1000) return `${octets} octets`
  if (octets < 1_000_000) return `${(octets / 1000).toFixed(1)} kB`
  return octets < 1e9 ? `${(octets / 1e6).toFixed(1)} MB` : `${(octets / 1e9).toFixed(2)} GB`
}
