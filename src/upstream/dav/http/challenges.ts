/** A way to sign in that a server offers (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** By names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const MAX_LENGTH = 8192 // Negotiate has tokens of some kilobytes

/** Reads the fields WWW-Authenticate; what is no challenge is passed over. */
export function parseChallenges(fields: readonly string[]): readonly Challenge[] {
  return fields.flatMap(field => challengesIn(field.slice(0, MAX_LENGTH)))
}

// Commas stand between challenges and between the parameters of one.
function challengesIn(field: string): Challenge[] {
  const found: { scheme: string; parameters: Map<string, string> }[] = []
  for (const [part] of field.matchAll(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g)) {
    const [, scheme, rest = ''] = /^\s*([\w!#$%&'*+.^`|~-]+)(?:\s+(?!=)(.*))?$/s.exec(part) ?? []
    const isScheme = scheme !== undefined && !/^\s*[\w-]+\s*=/.test(part)
    if (isScheme) found.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
    const [, name, quoted, plain] =
      /^\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"=][^\s"]*))\s*$/s.exec(isScheme ? rest : part) ?? []
    if (name !== undefined) {
      found.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '')
    }
  }
  return found
}
