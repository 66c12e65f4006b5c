import t from 'tap'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'

const LISTED = '* LIST () "/" INBOX\r\n* LIST () "/" "M&APw-ll"\r\n* LIST (\\Noselect) "/" Users\r\n'

async function rightsBy(t: Parameters<typeof startScriptedImap>[0], capabilities: string) {
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite(capabilities, command => {
      const rights = '* MYRIGHTS INBOX lrswipkxtea\r\n* MYRIGHTS "M&APw-ll" rlllr\r\n'
      if (command.startsWith('LIST')) return `${LISTED}${command.includes('MYRIGHTS') ? rights : ''}TAG OK done\r\n`
      if (command.startsWith('MYRIGHTS "INBOX"')) return '* MYRIGHTS "INBOX" (not rights)\r\nTAG OK done\r\n'
      if (command.startsWith('MYRIGHTS')) return '* MYRIGHTS "M&APw-ll" lr\r\nTAG OK done\r\n'
      return /^(LSUB|STATUS)/.test(command) ? 'TAG NO not now\r\n' : undefined
    }),
  )
  await using mail = await connectTo(server)
  const folders = await mail.listFolders()
  const asked = server.received.filter(line => /^\S+ MYRIGHTS /.test(line)).map(line => line.replace(/^\S+ /, ''))
  return { rights: Object.fromEntries(folders.map(({ path, rights }) => [path, rights])), asked }
}

t.test('rights come with LIST where the server can do that', async t => {
  const { rights, asked } = await rightsBy(t, 'ACL LIST-EXTENDED LIST-STATUS LIST-MYRIGHTS')
  t.same(rights, { INBOX: 'aeiklprstwx', Müll: 'lr', Users: undefined })
  t.same(asked, [], 'nothing was asked one by one')
})

t.test('rights are asked for folder by folder where it has ACL alone; nonsense and silence stay unknown', async t => {
  const { rights, asked } = await rightsBy(t, 'ACL LIST-EXTENDED LIST-STATUS')
  t.same(rights, { INBOX: undefined, Müll: 'lr', Users: undefined })
  t.same(asked, ['MYRIGHTS "INBOX"', 'MYRIGHTS "M&APw-ll"'])
})

t.test('a server without ACL is not asked', async t => {
  const { rights, asked } = await rightsBy(t, 'LIST-EXTENDED LIST-STATUS')
  t.same(rights, { INBOX: undefined, Müll: undefined, Users: undefined })
  t.same(asked, [])
})
