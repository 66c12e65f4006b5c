import { type SieveLine, SieveSyntaxError, stringOf } from './response-line.ts'

/** What a server says that it can do (RFC 5804 section 1.7). */
export interface SieveCapabilities {
  /** Its name and version, in its own words. */
  readonly implementation: string
  /** Names of mechanisms, in capitals. */
  readonly sasl: ReadonlySet<string>
  /** Extensions of the language, as `require` names them. */
  readonly sieve: ReadonlySet<string>
  readonly hasStartTls: boolean
  /** How many messages one script may redirect a message to; undefined when nobody has said so. */
  readonly maxRedirects: number | undefined
  /** Schemes of URLs that `notify` may have (RFC 5435). */
  readonly notify: ReadonlySet<string>
  /** Of the texts that it says to people (RFC 5646). */
  readonly language: string | undefined
  /** `1.0`; undefined for a server from before RFC 5804, which may not know CHECKSCRIPT, RENAMESCRIPT and NOOP. */
  readonly version: string | undefined
  /** Whose scripts these are, once somebody has signed in. */
  readonly owner: string | undefined
}

/**
 * Reads the lines of a greeting, or of the answer to CAPABILITY.
 *
 * @throws {SieveSyntaxError}
 */
export function parseCapabilities(lines: readonly SieveLine[]): SieveCapabilities {
  const told = new Map(lines.map(({ values }) => [nameOf(values[0]), stringOf(values[1])] as const))
  const words = (name: string) => new Set((told.get(name) ?? '').split(' ').filter(word => word !== ''))
  const redirects = told.get('MAXREDIRECTS') ?? ''
  return {
    implementation: told.get('IMPLEMENTATION') ?? '',
    sasl: new Set([...words('SASL')].map(name => name.toUpperCase())),
    sieve: words('SIEVE'),
    hasStartTls: told.has('STARTTLS'),
    maxRedirects: /^\d{1,9}$/.test(redirects) ? Number(redirects) : undefined,
    notify: words('NOTIFY'),
    language: told.get('LANGUAGE'),
    version: told.get('VERSION'),
    owner: told.get('OWNER'),
  }
}

function nameOf(value: SieveLine['values'][number] | undefined): string {
  const name = stringOf(value)
  if (name === undefined) throw new SieveSyntaxError('a capability has no name')
  return name.toUpperCase()
}
