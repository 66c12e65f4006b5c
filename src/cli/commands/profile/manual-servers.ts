import { parseUpstreamUrl } from '../../../config/upstream-url.ts'
import type { ConnectionTest } from '../../../daemon/profile-test.ts'
import { PosternError } from '../../../errors.ts'
import { serverOf } from '../../../profile/binding.ts'
import type { CommandContext } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'

/** What is known of the account before its servers are asked for; the URLs are what they should be. */
export interface ManualAccount {
  readonly email: string
  readonly user: string | undefined
  /** Undefined with OAuth2: nothing can be tried yet. */
  readonly password: string | undefined
  readonly auth: string | undefined
  readonly imap: string | undefined
  readonly smtp: string | undefined
  readonly sieve: string | undefined
  readonly dav: string | undefined
  readonly carddav: string | undefined
}

/** Servers that a person has named, as `profile.add` takes them. */
export interface ManualServers {
  readonly user: string | undefined
  /** Typed anew where the first one was refused. */
  readonly password: string | undefined
  readonly imap: string
  readonly smtp: string
  readonly smtpAuth?: 'own' | 'none'
  readonly smtpUser?: string
  readonly smtpPassword?: string
}

/** The servers with how the test of each went. */
export interface TestedServers {
  readonly servers: ManualServers
  readonly tests: readonly ConnectionTest[]
}

type Protocol = 'imap' | 'smtp'

interface ConnectionType {
  readonly name: string
  readonly schemes: Readonly<Record<Protocol, string>>
  readonly ports: Readonly<Record<Protocol, number>>
}

const UNSECURED = { name: 'unsecured', schemes: { imap: 'imap', smtp: 'smtp' }, ports: { imap: 143, smtp: 25 } }
const START_TLS = {
  name: 'STARTTLS',
  schemes: { imap: 'imap+starttls', smtp: 'smtp+starttls' },
  ports: { imap: 143, smtp: 25 },
}
const SSL = { name: 'SSL', schemes: { imap: 'imaps', smtp: 'smtps' }, ports: { imap: 993, smtp: 465 } }
const TYPES: readonly ConnectionType[] = [UNSECURED, START_TLS, SSL]

/**
 * Asks a person for each server that was not given, and tests every connection. With nobody to ask, both URLs must be there.
 *
 * @throws {PosternError} CLI_USAGE, CLI_CANCELLED
 */
export async function manualServers(account: ManualAccount, context: CommandContext): Promise<TestedServers> {
  if (!context.terminal.canAsk && (account.imap === undefined || account.smtp === undefined)) throw urlsWanted()
  let { password } = account
  const incoming = await untilTaken(context, async isAgain => {
    if (isAgain) password &&= await passwordAgain(password, context)
    return askIncoming({ ...account, password }, context)
  })
  const outgoing = await untilTaken(context, () => askOutgoing({ ...account, password }, incoming, context))
  const { user, url: imap } = incoming.server
  const servers = { user: user === account.email ? undefined : user, password, imap, ...outgoing.server }
  const others = await testOthers({ ...account, user, password }, incoming.test?.error ?? null, context)
  return { servers, tests: [incoming.test, outgoing.test, ...others].filter(test => test !== undefined) }
}

/** Tests the servers that nobody is asked for: what was given of them is taken. */
async function testOthers(
  { sieve, dav, carddav, user, password, auth }: ManualAccount & { readonly user: string },
  failure: ConnectionTest['error'],
  context: CommandContext,
): Promise<readonly ConnectionTest[]> {
  if (password === undefined) return []
  const tests: ConnectionTest[] = []
  for (const [connection, url] of [['sieve', sieve] as const, ['dav', dav] as const]) {
    if (url === undefined) continue
    const others = connection === 'dav' ? { carddav } : {}
    // Servers count refusals by account, whichever of their doors is knocked at.
    const isRefused = failure?.code === 'UPSTREAM_SIGN_IN_REFUSED'
    const test = isRefused
      ? notTried(connection, url, failure)
      : await tried({ url, user, password, auth, ...others }, context)
    context.terminal.note(testLine(test))
    tests.push(test)
  }
  return tests
}

function notTried(connection: 'sieve' | 'dav', url: string, error: ConnectionTest['error']): ConnectionTest {
  const { host = '', port = 0 } = serverOf(url) ?? {}
  return { connection, server: `${host}:${port}`, ok: false, says: 'not tried: the password was refused', error }
}

interface Tested<Server> {
  readonly server: Server
  /** Whether it was given on the command line, so that asking again would not change it. */
  readonly isGiven: boolean
  readonly test: ConnectionTest | undefined
}

/** Asks again for a server that does not work, unless the person wants it as it is. */
async function untilTaken<Server>(
  context: CommandContext,
  ask: (isAgain: boolean) => Promise<Tested<Server>>,
): Promise<Tested<Server>> {
  for (let isAgain = false; ; isAgain = true) {
    const tested = await ask(isAgain)
    if (tested.test) context.terminal.note(testLine(tested.test))
    if (tested.test?.ok !== false || tested.isGiven || !context.terminal.canAsk) return tested
    if (!(await isYes('Change it?', true, context))) return tested
  }
}

async function passwordAgain(known: string, { terminal, signal }: CommandContext): Promise<string> {
  return (await terminal.secret('Password, nothing for the same: ', signal)) || known
}

async function askIncoming(account: ManualAccount, context: CommandContext) {
  const { imap, password, auth } = account
  if (imap === undefined) context.terminal.note('Incoming server')
  const asksUser = imap === undefined && account.user === undefined
  const user = asksUser ? await asked('User name', account.email, context) : (account.user ?? account.email)
  const url = imap ?? (await askServer('imap', {}, context))
  const test = password === undefined ? undefined : await tried({ url, user, password, auth }, context)
  return { server: { url, user }, isGiven: imap !== undefined, test }
}

type Outgoing = Omit<ManualServers, 'user' | 'password' | 'imap'>

async function askOutgoing(
  { smtp, password, auth }: ManualAccount,
  { server: incoming }: Tested<{ readonly url: string; readonly user: string }>,
  context: CommandContext,
): Promise<Tested<Outgoing>> {
  const testAsIncoming = async (url: string) =>
    password === undefined ? undefined : tried({ url, user: incoming.user, password, auth }, context)
  if (smtp !== undefined) return { server: { smtp }, isGiven: true, test: await testAsIncoming(smtp) }
  context.terminal.note('Outgoing server')
  if (await isYes('Use same as incoming?', true, context)) {
    const { host, security } = parseUpstreamUrl(incoming.url) ?? {}
    const type = security === 'tls' ? SSL : security === 'starttls' ? START_TLS : UNSECURED
    const url = await askServer('smtp', { host, type }, context)
    return { server: { smtp: url }, isGiven: false, test: await testAsIncoming(url) }
  }
  const url = await askServer('smtp', {}, context)
  const user = await asked('User name, - for none', incoming.user, context)
  if (user === '-') {
    return { server: { smtp: url, smtpAuth: 'none' }, isGiven: false, test: await tried({ url, user }, context) }
  }
  const smtpPassword = await context.terminal.secret('Its password: ', context.signal)
  const test = await tried({ url, user, password: smtpPassword }, context)
  return { server: { smtp: url, smtpAuth: 'own', smtpUser: user, smtpPassword }, isGiven: false, test }
}

/** Asks for host, connection type and port; a host that is known is not asked for, a type that is known is the usual answer. */
async function askServer(
  protocol: Protocol,
  known: { readonly host?: string | undefined; readonly type?: ConnectionType },
  context: CommandContext,
): Promise<string> {
  for (;;) {
    const host = known.host ?? (await asked('Host', undefined, context))
    const type = await askType(known.type ?? SSL, context)
    const usual = protocol === 'smtp' && type !== SSL ? ' (587 with many providers)' : ''
    const port = await asked(`Port${usual}`, String(type.ports[protocol]), context)
    const url = `${type.schemes[protocol]}://${host.includes(':') ? `[${host}]` : host}:${port}`
    if (parseUpstreamUrl(url)) return url
    context.terminal.note(`${printable(host)} with port ${printable(port)} is no server; once more, please.`)
  }
}

async function askType(usual: ConnectionType, context: CommandContext): Promise<ConnectionType> {
  const choices = TYPES.map(({ name }, index) => `${index + 1} ${name}`).join(', ')
  for (;;) {
    const answer = await asked(`Connection: ${choices}`, String(TYPES.indexOf(usual) + 1), context)
    const found = TYPES[Number(answer) - 1] ?? TYPES.find(({ name }) => name.toLowerCase() === answer.toLowerCase())
    if (found) return found
  }
}

async function asked(what: string, usual: string | undefined, context: CommandContext): Promise<string> {
  const prompt = usual === undefined ? `${what}: ` : `${what} [${printable(usual)}]: `
  for (;;) {
    const answer = (await context.terminal.question(prompt, context.signal)).trim()
    if (answer !== '') return answer
    if (usual !== undefined) return usual
  }
}

async function isYes(question: string, usual: boolean, context: CommandContext): Promise<boolean> {
  const answer = await context.terminal.question(`${question} [${usual ? 'Y/n' : 'y/N'}] `, context.signal)
  return answer.trim() === '' ? usual : /^y(es)?$/i.test(answer.trim())
}

function tried(params: object, context: CommandContext): Promise<ConnectionTest> {
  return call<ConnectionTest>(context, 'profile.try', params)
}

/** One line about how the test of a connection went, and what to do where it failed. */
export function testLine({
  connection,
  server,
  ok,
  says,
  error,
}: Omit<ConnectionTest, 'error' | 'connection'> & {
  readonly connection: string
  readonly error: { readonly advice: string } | null
}): string {
  const advice = error ? `\n  ${printable(error.advice)}` : ''
  return `${ok ? 'ok    ' : 'FAILED'} ${connection} ${server}: ${printable(says)}${advice}`
}

function urlsWanted(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'Nobody is there who could be asked for the servers.', {
    remedy: 'user',
    advice: 'Give both: --imap imaps://HOST --smtp smtps://HOST.',
  })
}
