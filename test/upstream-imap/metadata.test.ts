import t, { type Test } from 'tap'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'

const ENTRY = '/shared/vendor/postern/policy'

async function ask(t: Test, capabilities: string, answer: string) {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite(capabilities, command => (command.startsWith('GETMETADATA') ? answer : undefined)),
  )
  const mail = await connectTo(server)
  t.teardown(() => mail[Symbol.asyncDispose]())
  return { mail, received: server.received }
}

t.test('an annotation of the server is read', async t => {
  const { mail, received } = await ask(
    t,
    'METADATA',
    `* METADATA "" (${ENTRY} {6}\r\ngr\u00fc\u00df)\r\nTAG OK done\r\n`,
  )
  t.equal(await mail.readMetadata?.(ENTRY), 'gr\u00fc\u00df')
  t.ok(received.some(line => line.endsWith(`GETMETADATA (MAXSIZE 65536) "" "${ENTRY}"`)))
})

t.test('a value that is not there is none', async t => {
  for (const answer of [
    `* METADATA "" (${ENTRY} NIL)\r\nTAG OK done\r\n`,
    'TAG OK done\r\n',
    'TAG OK [METADATA LONGENTRIES 70000] too long\r\n',
    `* METADATA INBOX (${ENTRY} "of a mailbox")\r\nTAG OK done\r\n`,
    '* METADATA "" (/shared/comment "another one")\r\nTAG OK done\r\n',
  ]) {
    const { mail } = await ask(t, 'METADATA-SERVER', answer)
    t.equal(await mail.readMetadata?.(ENTRY), undefined, answer)
  }
})

t.test('a server without annotations is not asked', async t => {
  const { mail } = await ask(t, '', 'TAG BAD\r\n')
  t.equal(mail.readMetadata, undefined)
})
