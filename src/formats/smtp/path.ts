/** The parts of a MAIL or RCPT command (RFC 5321 section 4.1.2). */
export interface PathCommand {
  /** What stands between the angle brackets, untouched; empty for the null sender. */
  readonly path: string
  /** By their names in capitals; `true` for one without a value. */
  readonly parameters: ReadonlyMap<string, string | true>
}

const MAX_PATH_OCTETS = 1000 // RFC 5321 section 4.5.3.1.3 asks for 256; long addresses exist
// U+FFFD stands for octets that were no UTF-8: such an address would go on as another one.
const LOCAL_PART = /^(?:"(?:[^"\\\x00-\x1f\x7f\ufffd]|\\[\x20-\x7e])*"|[^\s"<>@,;:\\()[\]\x00-\x1f\x7f\ufffd]+)$/
const DOMAIN = /^(?:\[[^\s[\]\\\x00-\x1f\ufffd]+\]|[^\s"<>@,;:\\()[\]\x00-\x1f\x7f\ufffd]+)$/

/** Reads what follows `MAIL FROM:` or `RCPT TO:`; undefined when it is malformed. Quoted local parts are fine. */
export function parsePathCommand(text: string, keyword: 'FROM' | 'TO'): PathCommand | undefined {
  const match = new RegExp(`^${keyword}: ?(<(?:[^">]|"(?:[^"\\\\]|\\\\.)*")*>)((?: [^ ]+)*) *$`, 'i').exec(text)
  if (!match?.[1]) return undefined
  const path = match[1].slice(1, -1)
  if (Buffer.byteLength(path) > MAX_PATH_OCTETS || !isMailbox(path, keyword)) return undefined
  const parameters = new Map<string, string | true>()
  for (const parameter of (match[2] ?? '').split(' ').filter(part => part !== '')) {
    const [, name, value] =
      /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x3c\x3e-\x7e\u0080-\ufffc]+))?$/.exec(parameter) ?? []
    if (!name || parameters.has(name.toUpperCase())) return undefined
    parameters.set(name.toUpperCase(), value ?? true)
  }
  return { path, parameters }
}

function isMailbox(path: string, keyword: 'FROM' | 'TO'): boolean {
  if (path === '') return keyword === 'FROM'
  if (/^postmaster$/i.test(path)) return keyword === 'TO' // RFC 5321 section 4.5.1
  const address = path.replace(/^@[^\s:"\x00-\x1f\x7f\ufffd]+:/, '') // a source route is to be ignored, and goes on as it is
  const at = address.lastIndexOf('@')
  return at > 0 && LOCAL_PART.test(address.slice(0, at)) && DOMAIN.test(address.slice(at + 1))
}
