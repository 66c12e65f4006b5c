import { type Command, defineCommand } from '../command.ts'
import { printable, table } from '../terminal.ts'
import { call } from '../with-control.ts'

interface ProxyDocument {
  readonly setting: string
  readonly servers: readonly {
    readonly profile: string
    readonly server: string
    readonly proxy: string | null
    readonly user: string | null
    readonly passwordStored: boolean
    readonly because: string
    readonly error: { readonly advice: string } | null
  }[]
}

const showCommand = defineCommand({
  command: 'show',
  describe: 'Show through which proxy each server is reached, and why',
  examples: [['$0 proxy show', 'With network.proxy auto: what the environment or the system says']],
  run: async (_options, context) => {
    context.terminal.result(await call<ProxyDocument>(context, 'proxy.show', {}), describe)
    return undefined
  },
})

const passwordCommand = defineCommand<{ profile: string | undefined; 'password-stdin': boolean }>({
  command: 'password',
  describe: 'Store the password of the proxy; the user name stands in its URL, http://USER@HOST:PORT',
  examples: [
    ['$0 proxy password', 'That of network.proxy, or of the environment’s proxy'],
    ['$0 proxy password --profile work --password-stdin < file', 'That of the profile’s own proxy'],
  ],
  build: yargs =>
    yargs
      .option('profile', { type: 'string', describe: 'The profile whose `proxy` it is for' })
      .option('password-stdin', { type: 'boolean', default: false, describe: 'Read the password from stdin' }),
  run: async ({ profile }, context) => {
    const question = 'Password of the proxy (nothing takes it away): '
    const password = await context.terminal.secret(question, context.signal)
    const document = await call<{ stored: boolean }>(context, 'proxy.password', { profile, password })
    context.terminal.result(document, ({ stored }) => (stored ? 'stored' : 'removed'))
    return undefined
  },
})

/** `postern proxy` */
export const proxyCommand: Command<never> = defineCommand({
  command: 'proxy',
  describe: 'Proxies on the way to the servers',
  examples: [['$0 config set network.proxy http://ada@proxy.example.org:3128', 'One for all profiles']],
  children: [showCommand, passwordCommand],
})

function describe({ setting, servers }: ProxyDocument): string {
  const rows = servers.map(({ profile, server, proxy, user, passwordStored, because }) => [
    ...[profile, server, proxy ?? 'direct'],
    user === null ? '-' : `${printable(user)}${passwordStored ? '' : ', no password stored'}`,
    printable(because),
  ])
  const advice = servers.flatMap(({ error }) => (error ? [error.advice] : []))
  return [
    `network.proxy is ${setting}`,
    ...(rows.length > 0 ? [table(['PROFILE', 'SERVER', 'WAY', 'AS', 'BECAUSE'], rows)] : []),
    ...new Set(advice),
  ].join('\n')
}
