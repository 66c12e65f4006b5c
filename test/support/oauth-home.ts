import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Dovecot, startDovecot } from './dovecot.ts'
import { freePorts } from './free-port.ts'
import { INTROSPECTOR, OIDC_CLIENT, type OidcProvider } from './oidc-provider.ts'
import type { PosternHome } from './postern.ts'

/** How a sign-in by the command ended. */
export interface SignInRun {
  readonly code: number | null
  readonly document: unknown
  /** What a person was told. */
  readonly told: string
}

/** Runs `profile sign-in work` and does what a person does with the page or the code that it prints. */
export async function signIn(
  home: PosternHome,
  args: readonly string[],
  act: (pageOrCode: string) => Promise<unknown>,
  input = '',
): Promise<SignInRun> {
  const child = home.spawn(['profile', 'sign-in', 'work', '--json', ...args])
  child.stdin?.end(input)
  let [stdout, told] = ['', '']
  let acted: Promise<unknown> | undefined
  child.stdout?.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    told += text
    const shown = /^ {2}(\S+)\n/m.exec(told)?.[1]
    if (shown !== undefined) acted ??= act(shown)
  })
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  await acted
  return { code, told, document: JSON.parse(stdout) }
}

/** The arguments of a sign-in at a provider of a test. */
export function atProvider({ issuer }: OidcProvider): readonly string[] {
  return ['--issuer', issuer, '--client-id', OIDC_CLIENT]
}

/** A Dovecot that asks a provider whose a token is, and takes no password of its users. */
export interface OAuthDovecot extends AsyncDisposable {
  readonly dovecot: Dovecot
  readonly submissionPort: number
}

/**
 * Starts it; `mechanisms` are those that it offers for tokens, `relayPort` where it sends what is submitted, `settings` lines
 * to be added to its configuration.
 */
export async function startOAuthDovecot(
  provider: OidcProvider,
  given: { user: string; mechanisms: string; relayPort?: number; settings?: string },
): Promise<OAuthDovecot> {
  const { user, mechanisms, relayPort = 9 } = given
  const dir = mkdtempSync(join(tmpdir(), 'postern-oauth2-'))
  chmodSync(dir, 0o755)
  const [submissionPort = 0] = await freePorts(1)
  writeFileSync(join(dir, 'oauth2.conf'), passdbConfiguration(provider))
  const settings = `${serverConfiguration({ dir, mechanisms, submissionPort, relayPort })}${given.settings ?? ''}`
  const dovecot = await startDovecot({ users: [user], settings })
  return {
    dovecot,
    submissionPort,
    [Symbol.asyncDispose]: async () => {
      await dovecot[Symbol.asyncDispose]()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

// Dovecot sends the client's id and secret along with the token, as a form.
function passdbConfiguration({ issuer }: OidcProvider): string {
  return `
introspection_mode = post
introspection_url = ${issuer}/token/introspection
client_id = ${INTROSPECTOR.id}
client_secret = ${INTROSPECTOR.secret}
force_introspection = yes
username_attribute = sub
active_attribute = active
active_value = true
`
}

function serverConfiguration(given: {
  dir: string
  mechanisms: string
  submissionPort: number
  relayPort: number
}): string {
  return `
protocols = imap submission
auth_mechanisms = plain ${given.mechanisms}
hostname = upstream.example.test
submission_relay_host = 127.0.0.1
submission_relay_port = ${given.relayPort}
submission_relay_trusted = no
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${given.dir}/oauth2.conf
}
service submission-login {
  inet_listener submission {
    port = ${given.submissionPort}
  }
}
`
}
