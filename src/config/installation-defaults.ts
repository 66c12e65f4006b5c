import { domainToASCII } from 'node:url'
import { type Document, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { PosternError } from '../errors.ts'
import type { ConfigErrorCode } from './errors.ts'
import type { Home } from './home.ts'
import { passwordChangeSetting } from './password-change-url.ts'
import { readIfPresent } from './private-file.ts'
import { parseUpstreamUrl, type UpstreamUrl } from './upstream-url.ts'

const MAX_FILE_CHARS = 1_000_000
const EMAIL = /^([^\s@<>"]+)@([^\s@<>"]+)$/
const SAMPLE_EMAIL = 'ada@example.org'

const template = z.string().refine(text => /^(?:[^%]|%[eud%])+$/.test(text), {
  error: 'may have %e (the address), %u (the part before the @), %d (the domain) and %% only',
})
const serverTemplate = (protocol: UpstreamUrl['protocol']) =>
  template.refine(text => parseUpstreamUrl(expand(text, SAMPLE_EMAIL))?.protocol === protocol, {
    error: `must become a URL such as ${protocol}s://mail.%d, ${protocol}+starttls://mail.%d or ${protocol}://mail.%d`,
  })
const port = z.int().min(1).max(65_535)

/** The administrator's file: what counts in an installation where nobody has said otherwise. */
const defaultsSchema = z.strictObject({
  version: z.literal(1),
  /** The mail domains that `upstreams` is for; without it, all. */
  domains: z.array(z.string().regex(/^[^\s@/]+$/, { error: 'must be a domain such as example.org' })).optional(),
  upstreams: z
    .strictObject({
      imap: serverTemplate('imap'),
      smtp: serverTemplate('smtp').optional(),
      sieve: serverTemplate('sieve').optional(),
      user: template.optional(),
    })
    .optional(),
  /** For the domains of `upstreams`. */
  passwordChangeUrl: passwordChangeSetting.optional(),
  policyUrl: z
    .url({ protocol: /^https$/, error: 'must be an https: URL' })
    .refine(hasNoCredentials, { error: 'must have no user or password: every user of the machine can read this file' })
    .optional(),
  ports: z
    .union([
      z.literal('per-user'),
      z.strictObject({ pop3: port.optional(), smtp: port.optional(), imap: port.optional() }),
    ])
    .optional(),
  log: z.strictObject({ level: z.enum(['errors', 'debug']) }).optional(),
})

/** The fronts that have a port. */
export type FrontName = 'pop3' | 'smtp' | 'imap'

/** The servers of an address, as `profile add` takes them. */
export interface Upstreams {
  readonly imap: string
  readonly smtp?: string
  readonly sieve?: string
  readonly user?: string
}

/** What an administrator has set for an installation. It stands under `config.yaml`, which wins. */
export class InstallationDefaults {
  readonly #settings: z.infer<typeof defaultsSchema>
  readonly #isForAll: boolean

  /** @param isForAll whether it is that of an installation for all users of the machine */
  private constructor(settings: z.infer<typeof defaultsSchema>, isForAll: boolean) {
    this.#settings = settings
    this.#isForAll = isForAll
  }

  /** Nothing was set. */
  static readonly none = new InstallationDefaults({ version: 1 }, false)

  /**
   * Reads what counts for a home: its own file, else that of the installation for all users, else nothing.
   *
   * @throws {PosternError} CONFIG_DEFAULTS_INVALID, CONFIG_UNREADABLE
   */
  static async find(home: Home): Promise<InstallationDefaults> {
    for (const [file, isForAll] of [
      [home.defaultsFile, false],
      [home.systemDefaultsFile, true],
    ] as const) {
      const text = await read(file)
      if (text !== undefined) return InstallationDefaults.parse(text, file, isForAll)
    }
    return InstallationDefaults.none
  }

  /**
   * Reads the administrator's file, YAML or JSON.
   *
   * @throws {PosternError} CONFIG_DEFAULTS_INVALID with the line of every mistake
   */
  static parse(text: string, file: string, isForAll = false): InstallationDefaults {
    if (text.length > MAX_FILE_CHARS) throw invalid(file, [`it has more than ${MAX_FILE_CHARS} characters`])
    const lines = new LineCounter()
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const problems = document.errors.map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${message}`)
    if (problems.length > 0) throw invalid(file, problems)
    const result = defaultsSchema.safeParse(plainOf(document, file))
    if (!result.success)
      throw invalid(
        file,
        result.error.issues.map(issue => describe(issue, document, lines)),
      )
    return new InstallationDefaults(result.data, isForAll)
  }

  /**
   * Finds the servers of an e-mail address by the administrator's templates; undefined when there are none, or they are
   * for other domains. `%e` is the address, `%u` the part before the @, `%d` the domain, in a server's URL in ASCII.
   *
   * @throws {PosternError} CONFIG_TEMPLATE_UNFIT when the address makes no server of a template
   */
  upstreamsFor(email: string): Upstreams | undefined {
    const { upstreams } = this.#settings
    if (!upstreams || !this.#isFor(email)) return undefined
    const { imap, smtp, sieve, user } = upstreams
    return {
      imap: server(imap, email, 'imap'),
      ...(smtp === undefined ? {} : { smtp: server(smtp, email, 'smtp') }),
      ...(sieve === undefined ? {} : { sieve: server(sieve, email, 'sieve') }),
      ...(user === undefined ? {} : { user: expand(user, email) }),
    }
  }

  /** The settings that a profile of an address has where it has none of its own. */
  settingsFor(email: string): { readonly policyUrl?: string; readonly passwordChangeUrl?: string } {
    const { policyUrl, passwordChangeUrl } = this.#settings
    return {
      ...(policyUrl === undefined ? {} : { policyUrl }),
      ...(passwordChangeUrl === undefined || !this.#isFor(email) ? {} : { passwordChangeUrl }),
    }
  }

  #isFor(email: string): boolean {
    const domain = EMAIL.exec(email)?.[2]
    if (domain === undefined) return false
    const { domains } = this.#settings
    return domains === undefined || domains.some(known => ascii(known) === ascii(domain))
  }

  /** Whether each user is to have ports of their own: in an installation for all users, unless it names some. */
  get hasPortsPerUser(): boolean {
    return this.#settings.ports === undefined ? this.#isForAll : this.#settings.ports === 'per-user'
  }

  /** What lies under `config.yaml`, in its shape. */
  get config(): object {
    const { ports = {}, log } = this.#settings
    const fronts =
      ports === 'per-user' ? {} : Object.fromEntries(Object.entries(ports).map(([n, port]) => [n, { port }]))
    return { fronts, ...(log ? { log } : {}) }
  }
}

function hasNoCredentials(text: string): boolean {
  const { username = '', password = '' } = URL.parse(text) ?? {}
  return username === '' && password === ''
}

function expand(text: string, email: string, toDomain = (domain: string) => domain): string {
  const [, user = '', domain = ''] = EMAIL.exec(email) ?? []
  const values: Readonly<Record<string, string>> = { e: email, u: user, d: toDomain(domain), '%': '%' }
  return text.replace(/%(.)/g, (_, letter: string) => values[letter] ?? '')
}

// An address comes from outside: whatever it becomes must still be one server, and nothing else.
function server(text: string, email: string, protocol: UpstreamUrl['protocol']): string {
  const url = expand(text, email, ascii)
  if (parseUpstreamUrl(url)?.protocol === protocol) return url
  throw new PosternError<ConfigErrorCode>(
    'CONFIG_TEMPLATE_UNFIT',
    `${JSON.stringify(email)} makes no server of the administrator’s template ${JSON.stringify(text)}.`,
    { remedy: 'user', advice: 'Check the address, or give the servers: postern profile add --imap URL --smtp URL.' },
  )
}

function ascii(domain: string): string {
  return domainToASCII(domain.replace(/\.$/, '')).toLowerCase()
}

function describe(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): string {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path
  const offset = offsetOf(document, path)
  const where = offset === undefined ? '' : `line ${lines.linePos(offset).line}: `
  return `${where}${path.map(String).join('.') || 'the file'}: ${issue.message}`
}

/** Where a key stands, or as much of its path as is there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length).map(String), true)
    const range: unknown = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
    if (Array.isArray(range)) return Number(range[0])
  }
  return undefined
}

function plainOf(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {}
  } catch (error) {
    throw invalid(file, [error instanceof Error ? error.message : String(error)]) // an alias without its anchor
  }
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readIfPresent(file)
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new PosternError<ConfigErrorCode>('CONFIG_UNREADABLE', `${file} cannot be read: ${text}`, {
      remedy: 'user',
      advice: 'Check its permissions.',
      cause,
    })
  }
}

function invalid(file: string, problems: readonly string[]): PosternError {
  return new PosternError<ConfigErrorCode>(
    'CONFIG_DEFAULTS_INVALID',
    `${file} is not valid:\n  ${problems.join('\n  ')}`,
    { remedy: 'user', advice: 'Correct these lines and install again with --config. docs/install.md has an example.' },
  )
}
