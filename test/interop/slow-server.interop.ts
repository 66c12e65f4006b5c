import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { polite, startScriptedImap } from '../support/imap-script.ts'
import { PosternHome } from '../support/postern.ts'
import { addWatchedProfile, lookUntil } from '../support/watched-home.ts'

interface Slow {
  readonly slow: {
    readonly folder: string
    readonly silentMs: number
    readonly message: string
    readonly advice: string
  } | null
  readonly state: string
  readonly lastError: object | null
}

// Takes the real 30 seconds: the thresholds of tests are tested elsewhere.
t.test('status and log tell of a server that says nothing for 30 s; then the run goes on', async t => {
  let answer: () => unknown = () => t.fail('no folder was opened')
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('', (command, socket) => {
      if (command.startsWith('LIST')) return '* LIST () "/" INBOX\r\nTAG OK done\r\n'
      if (/^(LSUB|STATUS|UID)/.test(command)) return 'TAG OK done\r\n'
      if (!command.startsWith('EXAMINE')) return undefined
      const tag = server.received.at(-1)?.split(' ')[0]
      answer = () => socket.write(`* 0 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 1] ok\r\n${tag} OK done\r\n`)
      return ''
    }),
  )
  await using home = new PosternHome()
  await addWatchedProfile(home, server.port)
  await home.start()
  const status = async () => ((await home.json(['status'])) as { profiles: Slow[] }).profiles[0]
  const told = await lookUntil(status, profile => profile?.slow !== null, 45_000)
  t.match(told?.slow, {
    folder: 'INBOX',
    message: /^The server has said nothing for \d+ s while Inbox was/,
    advice: /virus/,
  })
  t.ok((told?.slow?.silentMs ?? 0) >= 30_000)
  t.equal(told?.state, 'syncing')
  t.match((await home.run(['status'])).stdout, /virus scanner/)
  answer()
  t.match(await lookUntil(status, profile => profile?.state === 'ok'), { slow: null, lastError: null })
  const logs = readdirSync(join(home.dir, 'logs')).map(file => readFileSync(join(home.dir, 'logs', file), 'utf8'))
  t.match(logs.join(''), /"the server says nothing; a virus scanner may hold mail back"/)
})
