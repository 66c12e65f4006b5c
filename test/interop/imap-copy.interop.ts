import type { ImapFlow } from 'imapflow'
import t from 'tap'
import { dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { FRONT_USER, frontHome, frontPort, imapflowOn } from '../support/front-account.ts'
import { lookUntil } from '../support/watched-home.ts'

const skip = dovecotMissing() ?? false
const FOLDERS = ['INBOX', 'Projects', 'Projects/Größe & mehr']
const SYSTEM_FLAGS = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft']
const KEYWORDS = ['$Forwarded', '$MDNSent', '$Junk', 'NonJunk', '$label1', 'Follow-up', 'a&b', '1']

interface Message {
  readonly octets: Buffer
  readonly flags: readonly string[]
  readonly date: Date
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const allOctets = latin1(String.fromCharCode(...Array.from({ length: 255 }, (_, index) => index + 1)))
const letter = (id: string, body: string) => latin1(`Message-ID: <${id}@x>\r\nSubject: ${id}\r\n\r\n${body}`)

const ODD: Readonly<Record<string, Buffer>> = {
  plain: letter('plain', 'Dear all,\r\nthis is plain.\r\n'),
  'all octets but NUL': Buffer.concat([letter('octets', ''), allOctets, allOctets]),
  'bare CR and bare LF': letter('bare', 'one\rtwo\nthree\r\r\nfour\n\n\r'),
  '8-bit header': latin1('Message-ID: <bits@x>\r\nSubject: Gr\xfc\xdfe\r\nFrom: \xe4@x\r\n\r\n\xe4\xf6\xfc\r\n'),
  'a line of 100,000 octets': letter('long', `${'x'.repeat(100_000)}\r\n`),
  'a header line of 20,000 octets': latin1(`Subject: ${'y'.repeat(20_000)}\r\nMessage-ID: <wide@x>\r\n\r\nbody\r\n`),
  'no final newline': letter('unended', 'and so it ends'),
  'empty body': letter('empty', ''),
  'a header and no empty line': latin1('Message-ID: <header@x>\r\nSubject: header\r\n'),
  'a header that ends in the middle': latin1('Subject: cut'),
  'no header': latin1('\r\nonly a body\r\n'),
  'no header field at all': latin1('this is no header\r\nnor is this\r\n'),
  'one octet': latin1('x'),
  'an mbox line': Buffer.concat([latin1('From ada Mon Jul 17 1996\r\n'), letter('mbox', 'From me\r\n.\r\n..\r\n')]),
  'a body that looks like the protocol': letter('protocol', 'a1 OK done\r\n)\r\n* BYE\r\n{5}\r\n{3+}\r\n'),
  'the same again': letter('plain', 'Dear all,\r\nthis is plain.\r\n'),
  'no Message-ID': latin1('Subject: nameless\r\n\r\nnameless\r\n'),
  'no Message-ID, again': latin1('Subject: nameless\r\n\r\nnameless\r\n'),
  'one Message-ID, another body': letter('plain', 'Dear all,\r\nthis is not the same.\r\n'),
}

// The first second, an ordinary day, the end of a leap day, the change to summer time. Dovecot takes no dates to come.
const DATES = ['1970-01-01T00:00:01Z', '1996-07-17T09:44:25Z', '2000-02-29T23:59:59Z', '2024-03-31T01:00:00Z']

function* flagSets(): Generator<string[]> {
  for (const flag of [...SYSTEM_FLAGS, ...KEYWORDS]) yield [flag]
  yield []
  yield SYSTEM_FLAGS
  yield KEYWORDS
  yield [...SYSTEM_FLAGS, ...KEYWORDS]
}

function* messages(): Generator<Message> {
  const flags = [...flagSets()]
  for (const [index, octets] of Object.values(ODD).entries()) {
    const date = new Date(DATES[index % DATES.length] ?? 0)
    yield { octets, flags: flags[index % flags.length] ?? [], date }
  }
}

t.test('a copy from one server into ours, and on to another, is the same to the octet', { skip }, async t => {
  await using source = await startDovecot({ users: [FRONT_USER] })
  await using target = await startDovecot({ users: [FRONT_USER] })
  const from = await imapflowOn(source.imapPort)
  t.teardown(() => from.close())
  for (const folder of FOLDERS.slice(1)) await from.mailboxCreate(folder)
  for (const folder of FOLDERS) for (const message of messages()) await put(from, folder, message)
  const wanted = await everything(from)
  t.equal(wanted.length, FOLDERS.length * Object.keys(ODD).length)

  await using home = await frontHome(target.imapPort)
  await home.json(['sync', '--wait'])
  await home.start()
  const front = await imapflowOn(await frontPort(home))
  t.teardown(() => front.close())
  await copyAll(from, front)
  t.same(await everything(front), wanted, 'ours has it')

  const to = await imapflowOn(target.imapPort)
  t.teardown(() => to.close())
  const there = async () => {
    await home.json(['sync', '--wait'])
    return everything(to)
  }
  t.same(await lookUntil(there, found => found.length >= wanted.length), wanted, 'and so has the other server')
  t.same(await everything(front), wanted, 'which changes nothing here')

  await using fresh = await frontHome(target.imapPort)
  await fresh.json(['sync', '--wait'])
  await fresh.start()
  const reader = await imapflowOn(await frontPort(fresh))
  t.teardown(() => reader.close())
  t.same(await everything(reader), wanted, 'what has been downloaded is the same as well')
})

t.test('line ends that the server makes its own stay as they were here, and nothing is doubled', { skip }, async t => {
  await using dovecot = await startDovecot({ users: [FRONT_USER] })
  await using home = await frontHome(dovecot.imapPort)
  await home.json(['sync', '--wait'])
  await home.start()
  const front = await imapflowOn(await frontPort(home))
  t.teardown(() => front.close())
  const server = await imapflowOn(dovecot.imapPort)
  t.teardown(() => server.close())
  const named = latin1('Message-ID: <lf@x>\nSubject: lf\n\none\ntwo\r\r\n')
  const nameless = latin1('Subject: nameless\n\none\ntwo\n')
  const sent = [named, named, nameless, nameless].map(String)
  for (const octets of sent) await front.append('INBOX', octets)

  const textsOf = async (client: ImapFlow) => (await read(client, 'INBOX')).map(({ octets }) => String(octets))
  const there = async () => {
    await home.json(['sync', '--wait'])
    return textsOf(server)
  }
  const changed = sent.map(octets => octets.replaceAll(/\r*\n/g, '\r\n'))
  t.same(await lookUntil(there, found => found.length >= sent.length), changed, 'Dovecot has made them its own')
  t.same(await there(), changed, 'another run changes nothing')
  t.same(await textsOf(front), sent, 'ours has what it was given')
})

t.test(
  'what is uploaded into a folder that the same run makes is there once, whatever it is made of',
  { skip },
  async t => {
    await using dovecot = await startDovecot({ users: [FRONT_USER] })
    await using home = await frontHome(dovecot.imapPort)
    await home.json(['sync', '--wait'])
    await home.start()
    await home.json(['pause'])
    const front = await imapflowOn(await frontPort(home))
    t.teardown(() => front.close())
    await front.mailboxCreate('New')
    const odd = [...Object.values(ODD), ...['Subject: lf\n\none\n', 'Message-ID: <lf@x>\n\none\n', '\n\n'].map(latin1)]
    for (const octets of odd) await front.append('New', octets)
    await home.json(['resume'])
    for (let run = 0; run < 3; run++) t.match(await home.json(['sync', '--wait']), { errors: [] })
    const server = await imapflowOn(dovecot.imapPort)
    t.teardown(() => server.close())
    t.equal((await read(server, 'New')).length, odd.length, 'there')
    t.equal(((await home.json(['item', 'list', 'New'])) as unknown[]).length, odd.length, 'and here')
  },
)

async function put(client: ImapFlow, folder: string, { octets, flags, date }: Message): Promise<void> {
  await client.append(folder, octets, [...flags], date)
}

async function copyAll(from: ImapFlow, to: ImapFlow): Promise<void> {
  for (const folder of FOLDERS) {
    if (folder !== 'INBOX') await to.mailboxCreate(folder)
    for (const message of await read(from, folder)) await put(to, folder, message)
  }
}

/** Reads a folder in the order of its UIDs. */
async function read(client: ImapFlow, folder: string): Promise<Message[]> {
  const lock = await client.getMailboxLock(folder, { readOnly: true })
  try {
    const found = await client.fetchAll('1:*', { source: true, flags: true, internalDate: true })
    return found.map(({ source, flags, internalDate }) => ({
      octets: source ?? Buffer.alloc(0),
      flags: [...(flags ?? [])].filter(flag => flag !== '\\Recent').sort(),
      date: new Date(internalDate ?? 0),
    }))
  } finally {
    lock.release()
  }
}

/** What a server has, in lines that a failure can show. */
async function everything(client: ImapFlow): Promise<string[]> {
  const lines: string[] = []
  for (const { path, flags } of (await client.list()).sort((one, other) => (one.path < other.path ? -1 : 1))) {
    if (flags.has('\\Noselect') || !FOLDERS.includes(path)) continue
    for (const { octets, flags, date } of await read(client, path)) {
      lines.push(`${path} ${date.toISOString()} [${flags.join(' ')}] ${octets.length} ${show(octets)}`)
    }
  }
  return lines
}

function show(octets: Buffer): string {
  return JSON.stringify(octets.toString('latin1'))
}
