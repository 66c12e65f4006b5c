import { duplexPair } from 'node:stream'
import t from 'tap'
import { LineSplitter } from '../../src/net/line-splitter.ts'
import { askForTls, type StartTlsProtocol } from '../../src/tls/start-tls.ts'

const peer = { host: 'mail.example.org', port: 143 }

// Plays the server's lines, waiting for the client's; resolves to what the client said, and how it ended.
async function converse(protocol: StartTlsProtocol, script: string, { isOctetwise = false } = {}) {
  const [clientEnd, serverEnd] = duplexPair()
  const heard: string[] = []
  const lines = new LineSplitter(1000)
  const turns = script.split('\n')
  const speak = () => {
    while (turns[0]?.startsWith('S: ')) {
      const octets = Buffer.from(`${turns.shift()?.slice(3).replaceAll('\\r\\n', '\r\n')}\r\n`, 'latin1')
      if (isOctetwise) for (const octet of octets) serverEnd.write(Buffer.of(octet))
      else serverEnd.write(octets)
    }
    if (turns[0] === '<closes>') serverEnd.end()
  }
  serverEnd.on('data', chunk => {
    lines.push(chunk)
    for (let line = lines.next(); line; line = lines.next()) {
      if (line.kind === 'line') heard.push(`C: ${line.octets}`)
      turns.shift()
      speak()
    }
  })
  speak()
  const error: unknown = await askForTls(clientEnd, peer, protocol).then(
    () => undefined,
    reason => reason,
  )
  return { heard, error, clientEnd }
}

const agreed: Record<string, readonly [StartTlsProtocol, string]> = {
  imap: ['imap', 'S: * OK ready\nC: P1 STARTTLS\nS: P1 OK begin'],
  'imap with an untagged answer': ['imap', 'S: * OK ready\nC: P1 STARTTLS\nS: * CAPABILITY IMAP4rev1\nS: P1 ok'],
  sieve: ['sieve', 'S: "IMPLEMENTATION" "x"\nS: "STARTTLS"\nS: OK "ready"\nC: STARTTLS\nS: OK "begin"'],
  smtp: ['smtp', 'S: 220 ready\nC: EHLO [127.0.0.1]\nS: 250 hello\nC: STARTTLS\nS: 220 go ahead'],
  'smtp with long replies': [
    'smtp',
    'S: 220-one\nS: 220 two\nC: EHLO [127.0.0.1]\nS: 250-hello\nS: 250-STARTTLS\nS: 250 SIZE\nC: STARTTLS\nS: 220 go ahead',
  ],
}
for (const [name, [protocol, script]] of Object.entries(agreed)) {
  for (const isOctetwise of [false, true]) {
    t.test(`a server agrees to TLS: ${name}${isOctetwise ? ', octet by octet' : ''}`, async t => {
      const { heard, error, clientEnd } = await converse(protocol, script, { isOctetwise })
      t.equal(error, undefined)
      t.same(
        heard,
        script.split('\n').filter(line => line.startsWith('C: ')),
      )
      for (const event of ['readable', 'end', 'close']) t.equal(clientEnd.listenerCount(event), 0, event)
    })
  }
}

const refused: Record<string, readonly [StartTlsProtocol, string]> = {
  'an IMAP server says no': ['imap', 'S: * OK ready\nC: P1 STARTTLS\nS: P1 BAD what'],
  'an IMAP server is busy': ['imap', 'S: * BYE later\nC: P1 STARTTLS\n<closes>'],
  'an IMAP server wants a continuation': ['imap', 'S: * OK ready\nC: P1 STARTTLS\nS: + go on'],
  'a ManageSieve server says no': ['sieve', 'S: "IMPLEMENTATION" "x"\nS: OK\nC: STARTTLS\nS: NO "what"'],
  'a ManageSieve server is busy': ['sieve', 'S: BYE "later"'],
  'octets follow the agreement of a ManageSieve server': ['sieve', 'S: OK\nC: STARTTLS\nS: OK\\r\\n"SASL" ""'],
  'another protocol answers': ['imap', 'S: 220 smtp ready'],
  'an SMTP server is busy': ['smtp', 'S: 421 later'],
  'an SMTP server does not know EHLO': ['smtp', 'S: 220 ready\nC: EHLO [127.0.0.1]\nS: 502 what'],
  'an SMTP server says no': ['smtp', 'S: 220 ready\nC: EHLO [127.0.0.1]\nS: 250 hello\nC: STARTTLS\nS: 454 no'],
  'the server closes': ['smtp', '<closes>'],
  'the server never ends its line': ['smtp', `S: ${'220-'.repeat(5000)}\n<closes>`],
  'the server never ends its reply': ['smtp', 'S: 220-on and on\n'.repeat(200)],
  'octets follow the agreement in plain text': [
    'imap',
    'S: * OK ready\nC: P1 STARTTLS\nS: P1 OK begin\\r\\n* OK injected',
  ],
}
for (const [name, [protocol, script]] of Object.entries(refused)) {
  t.test(`there is no TLS when ${name}`, async t => {
    const { error } = await converse(protocol, script)
    t.match(error, { code: 'TLS_STARTTLS_REFUSED', message: /mail\.example\.org:143/ })
  })
}

t.test('a connection that breaks in the conversation is a refusal, not a crash', async t => {
  const [clientEnd] = duplexPair()
  const asked = askForTls(clientEnd, peer, 'imap')
  clientEnd.destroy(new Error('reset'))
  await t.rejects(asked, { code: 'TLS_STARTTLS_REFUSED', cause: { message: 'reset' } })
})
