import t, { type Test } from 'tap'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'

/** Makes a folder for junk; what the server was sent for that. */
async function sentFor(t: Test, capabilities: string, answers: (command: string) => string): Promise<string[]> {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite(capabilities, command => (/^(CREATE|SUBSCRIBE|STATUS)/.test(command) ? answers(command) : undefined)),
  )
  const mail = await connectTo(server)
  await mail.createFolder('Spam', 'junk')
  await mail[Symbol.asyncDispose]()
  return server.received.map(line => line.replace(/^\S+ /, '')).filter(line => line.startsWith('CREATE'))
}

t.test('the server is told what a folder is for where it can be', async t => {
  const sent = await sentFor(t, 'CREATE-SPECIAL-USE', () => 'TAG OK done\r\n')
  t.same(sent, ['CREATE "Spam" (USE (\\Junk))'])
  t.same(await sentFor(t, 'SPECIAL-USE', () => 'TAG OK done\r\n'), ['CREATE "Spam"'])
})

t.test('a server that refuses the use makes the folder without', async t => {
  for (const no of ['NO [USEATTR] there is one', 'NO not that', 'BAD what is that']) {
    const sent = await sentFor(t, 'CREATE-SPECIAL-USE', command => `TAG ${command.includes('USE (') ? no : 'OK'}\r\n`)
    t.same(sent, ['CREATE "Spam" (USE (\\Junk))', 'CREATE "Spam"'], no)
  }
})

t.test('a folder that is there already, since an answer was lost, is no failure', async t => {
  const exists = 'TAG NO [ALREADYEXISTS] it is there\r\n'
  const sent = await sentFor(t, 'CREATE-SPECIAL-USE', command =>
    command.startsWith('CREATE') ? exists : 'TAG OK done\r\n',
  )
  t.equal(sent.length, 2)
})
