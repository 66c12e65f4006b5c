import { randomBytes } from 'node:crypto'
import type { Demo } from '../../daemon/demo/demo.ts'
import type { TakenPort } from '../../daemon/free-ports.ts'
import type { FrontStatus } from '../../daemon/fronts.ts'
import { type Command, defineCommand } from '../command.ts'
import { SyncProgress } from '../sync-progress.ts'
import { printable, type Terminal, table } from '../terminal.ts'
import { version } from '../version.ts'

interface DemoDocument {
  readonly address: string
  readonly password: string
  readonly fronts: readonly FrontStatus[]
  readonly messages: number
  readonly folders: number
  readonly synchronized: number
  readonly pop3: string
  readonly roundTripMs: number
}

/** `postern demo` */
export const demoCommand: Command<never> = defineCommand<{ once: boolean }>({
  command: 'demo',
  describe: 'Show everything at work with invented mail, in a temporary folder',
  examples: [
    ['$0 demo', 'Stay until Ctrl-C: open the mail in any mail program'],
    ['$0 demo --once', 'End after one message has gone round; exit 1 if it has not'],
  ],
  build: yargs =>
    yargs.option('once', { type: 'boolean', default: false, describe: 'End after one message has gone round' }),
  run: async ({ once }, { terminal, signal }) => {
    terminal.say('Starting a mail server with invented mail, and a daemon for it ...')
    const [{ Demo }, { pollPop3 }] = await Promise.all([
      import('../../daemon/demo/demo.ts'), // all of it is for this command alone
      import('../../daemon/demo/round-trip.ts'),
    ])
    await using demo = await Demo.start(version())
    const { messages, folders } = demo.report
    terminal.say(`The server has ${messages} messages in ${folders} folders.`)
    const synchronized = await synchronize(demo, terminal, signal)
    terminal.say(`Synchronized ${synchronized} messages.\n`)
    for (const { port, instead } of demo.ports) if (instead) terminal.say(describeTaken(port, instead))
    terminal.say(describeAddresses(demo))
    const pop3 = await pollPop3(demo.port('pop3'), demo.signIn, signal)
    terminal.say(
      `\nAsked POP3 for new mail as Outlook does: ${printable(pop3)} (always none, what is new comes by itself)`,
    )
    const roundTripMs = await goRound(demo, signal)
    terminal.say(
      `Sent a message to ourselves through SMTP: it was back in the Inbox after ${Math.round(roundTripMs)} ms.`,
    )
    const { user: address, password } = demo.signIn
    const document = { address, password, fronts: demo.fronts, messages, folders, synchronized, pop3, roundTripMs }
    terminal.result<DemoDocument>(document, () =>
      once ? '\nThat is all.' : '\nTry it with your mail program; Ctrl-C ends the demo and removes all of it.',
    )
    if (!once) await demo.run(signal)
    return undefined
  },
})

async function synchronize({ control }: Demo, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const progress = new SyncProgress(terminal)
  const result = await control.call(
    'sync',
    { folders: [], structureOnly: false },
    { signal, onEvent: progress.onEvent },
  )
  return (result as { imported: number }).imported
}

async function goRound(demo: Demo, signal: AbortSignal): Promise<number> {
  const { signIn, control } = demo
  const { sendThrough, untilArrived } = await import('../../daemon/demo/round-trip.ts')
  const messageId = `<${randomBytes(8).toString('hex')}@demo.example>`
  const lines = [
    `Message-ID: ${messageId}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `From: The demo <${signIn.user}>`,
    `To: ${signIn.user}`,
    'Subject: Once around',
    '',
    'Sent through the SMTP front, delivered by the server, and here by synchronization.',
    '',
  ]
  await sendThrough(demo.port('smtp'), signIn, Buffer.from(lines.join('\r\n')), signal)
  return untilArrived(control, messageId, signal)
}

function describeTaken(port: number, { wishedPort, owner }: TakenPort): string {
  const who = owner ? `, by ${printable(owner.command)} (pid ${owner.pid})` : ''
  return `Port ${wishedPort} is in use${who}: ${port} is used instead.`
}

function describeAddresses(demo: Demo): string {
  const row = (what: string, front: 'pop3' | 'smtp' | 'imap') => [what, '127.0.0.1', String(demo.port(front))]
  return [
    table(
      ['', 'host', 'port'],
      [
        row('Outlook, incoming (POP3)', 'pop3'),
        row('Outlook, outgoing (SMTP)', 'smtp'),
        row('Thunderbird and others (IMAP)', 'imap'),
      ],
    ),
    `User name  ${demo.signIn.user}`,
    `Password   ${demo.signIn.password}`,
    'Encryption none, STARTTLS or SSL/TLS: each port takes all three',
  ].join('\n')
}
