import t from 'tap'
import type { RemoteAppend } from '../../src/sync/remote.ts'
import { startAppendServer } from '../support/append-server.ts'
import { connectTo } from '../support/imap-script.ts'

function message(text: string, flags: readonly string[] = []): RemoteAppend {
  const octets = Buffer.from(text)
  return { flags, internalDateMs: 0, octets: octets.length, chunks: () => [octets] }
}

const appendsOf = (log: readonly string[]) => log.filter(line => /^(APPEND|\+)/.test(line))

t.test('several messages are one command; their UIDs come in the order of the messages', async t => {
  const server = await startAppendServer(t, {
    capabilities: 'MULTIAPPEND LITERAL+ UIDPLUS',
    append: () => 'OK [APPENDUID 7 12,4:5] done',
  })
  await using mail = await connectTo(server)
  const given = await mail.append('Sent', [message('one', ['\\Seen', 'bad flag']), message('two'), message('three')])
  t.same(
    given.map(each => each?.uid),
    [12, 4, 5],
  )
  t.same(server.appends, [{ path: 'Sent', bodies: ['one', 'two', 'three'] }])
  t.same(appendsOf(server.log), [
    'APPEND "Sent" (\\Seen) "01-Jan-1970 00:00:00 +0000" <3> () "01-Jan-1970 00:00:00 +0000" <3> () "01-Jan-1970 00:00:00 +0000" <5>',
  ])
})

t.test('a set of UIDs that does not fit the messages proves nothing', async t => {
  const server = await startAppendServer(t, {
    capabilities: 'MULTIAPPEND LITERAL+',
    append: () => 'OK [APPENDUID 7 1:4000000000] done',
  })
  await using mail = await connectTo(server)
  t.same(await mail.append('Sent', [message('one'), message('two')]), [undefined, undefined])
})

t.test(
  'without LITERAL+ commands that follow each other wait for their own "go ahead", and a refusal is no end',
  async t => {
    const server = await startAppendServer(t, {
      capabilities: '',
      append: ({ bodies }) => `OK [APPENDUID 7 ${bodies[0]?.length}] done`,
      refuseLiteral: octets => (octets === 4 ? 'NO [OVERQUOTA] full' : undefined),
    })
    await using mail = await connectTo(server)
    const answers = await Promise.allSettled(['a', 'four', 'ccc'].map(text => mail.append('Sent', [message(text)])))
    t.match(answers, [
      { value: [{ uid: 1 }] },
      { reason: { code: 'UPSTREAM_REFUSED', cause: { code: { name: 'OVERQUOTA' } } } },
      { value: [{ uid: 3 }] },
    ])
    t.same(
      server.appends.flatMap(({ bodies }) => bodies),
      ['a', 'ccc'],
    )
  },
)

t.test('a MULTIAPPEND that is refused at its second literal sends nothing of the rest', async t => {
  const server = await startAppendServer(t, {
    capabilities: 'MULTIAPPEND',
    append: () => 'OK done',
    refuseLiteral: octets => (octets === 4 ? 'NO [TOOBIG] too big' : undefined),
  })
  await using mail = await connectTo(server)
  const refused = mail.append('Sent', [message('a'), message('four'), message('ccc')])
  const next = mail.append(
    'Sent',
    [message('next')].map(each => ({ ...each, octets: 5, chunks: () => [Buffer.from('after')] })),
  )
  await t.rejects(refused, { code: 'UPSTREAM_REFUSED' })
  await next
  t.same(server.appends, [{ path: 'Sent', bodies: ['after'] }])
})

t.test('LITERAL- lets up to 4096 octets go without being asked for', async t => {
  const server = await startAppendServer(t, { capabilities: 'LITERAL-', append: () => 'OK done' })
  await using mail = await connectTo(server)
  await Promise.all([4096, 4097].map(octets => mail.append('Sent', [message('x'.repeat(octets))])))
  t.same(
    appendsOf(server.log).map(line => line.replace(/ .*(?=<)/, ' ')),
    ['APPEND <4096>', '+ ahead', 'APPEND <4097>'].map(line => line.replace('+ ahead', '+ go ahead')),
  )
})

t.test('the largest message is told for all folders, or for each', async t => {
  const everywhere = await startAppendServer(t, { capabilities: 'APPENDLIMIT=1000', append: () => 'OK done' })
  await using first = await connectTo(everywhere)
  t.equal(first.features.appendLimit, 1000)
  const byFolder = await startAppendServer(t, {
    capabilities: 'APPENDLIMIT',
    append: () => 'OK done',
    command: command =>
      /^STATUS "(Sent|Free)" .*APPENDLIMIT\)$/.test(command)
        ? `* STATUS ${command.split('"')[1]} (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7 APPENDLIMIT ${command.includes('Sent') ? '257' : 'NIL'})\r\nTAG OK done`
        : undefined,
  })
  await using second = await connectTo(byFolder)
  t.equal(second.features.appendLimit, 'by-folder')
  t.equal((await second.status('Sent'))?.appendLimit, 257)
  t.equal((await second.status('Free'))?.appendLimit, undefined)
})
