import t from 'tap'
import { ImapFront } from '../../support/imap-front.ts'

t.test('when a message was saved is told and searched for', async t => {
  const front = new ImapFront()
  try {
    front.account.clock.ms = Date.UTC(2026, 0, 1, 23, 58)
    front.account.deliver('INBOX', 'one')
    await front.account.sync() // a minute later
    front.account.clock.ms = Date.UTC(2026, 0, 3)
    const client = await front.connect()
    t.ok((await client.command('CAPABILITY'))[0]?.split(' ').includes('SAVEDATE'))
    await client.append('INBOX', 'Subject: two\r\n\r\nx\r\n', '"01-Jan-2020 10:00:00 +0000" ')
    await client.command('SELECT INBOX')
    t.same(await client.command('FETCH 1:2 (SAVEDATE INTERNALDATE)'), [
      '* 1 FETCH (SAVEDATE "01-Jan-2026 23:59:00 +0000" INTERNALDATE "01-Jan-2026 23:58:00 +0000")',
      '* 2 FETCH (SAVEDATE "03-Jan-2026 00:00:00 +0000" INTERNALDATE "01-Jan-2020 10:00:00 +0000")',
      'OK',
    ])
    t.same(await client.command('SEARCH SAVEDON 1-Jan-2026'), ['* SEARCH 1', 'OK'])
    t.same(await client.command('SEARCH SAVEDBEFORE 3-Jan-2026'), ['* SEARCH 1', 'OK'])
    t.same(await client.command('SEARCH SAVEDSINCE 3-Jan-2026'), ['* SEARCH 2', 'OK'])
    t.same(await client.command('SEARCH SAVEDATESUPPORTED'), ['* SEARCH 1 2', 'OK'])
    front.account.store.database.exec('UPDATE item SET saved_at = NULL') // as in a store of version 1
    t.same(await client.command('FETCH 2 (SAVEDATE)'), ['* 2 FETCH (SAVEDATE NIL)', 'OK'])
    // RFC 8514 section 4.3: the internal date stands for a date that nobody knows.
    t.same(await client.command('SEARCH SAVEDON 1-Jan-2020'), ['* SEARCH 2', 'OK'])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})
