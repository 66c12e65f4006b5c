import t from 'tap'
import { PosternError } from '../../../src/errors.ts'
import { ImapFront, type LineClient } from '../../support/imap-front.ts'
import { ModelFolder } from '../../support/model/server.ts'

async function signedIn() {
  const front = new ImapFront()
  front.account.deliver('INBOX', 'one')
  await front.account.sync()
  /** What each folder that was made there was told to be for. */
  const madeFor: (readonly [path: string, role: string | undefined])[] = []
  front.account.connected = remote => {
    const { createFolder } = remote
    return Object.assign(remote, {
      createFolder: (path: string, role?: string) => {
        madeFor.push([path, role])
        return createFolder.call(remote, path)
      },
    })
  }
  return { front, client: await front.connect(), madeFor }
}

const special = async (client: LineClient) => (await client.command('LIST (SPECIAL-USE) "" "*"')).slice(0, -1)

t.test('a mailbox is made for a use, and keeps it where the server names none', async t => {
  const { front, client, madeFor } = await signedIn()
  try {
    t.ok((await client.command('CAPABILITY'))[0]?.split(' ').includes('CREATE-SPECIAL-USE'))
    t.match(await client.command('CREATE Bin (USE (\\trash))'), [/^OK \[MAILBOXID/])
    const listed = ['* LIST (\\HasNoChildren \\Trash) "/" "Bin"']
    t.same(await special(client), listed)
    for (let run = 0; run < 3; run++) await front.account.sync()
    t.same(madeFor, [['Bin', 'trash']])
    t.same(await special(client), listed, 'after the list of folders was read again')
    const [one] = front.account.items('INBOX')
    await front.account.change({ kind: 'delete', items: [one?.id ?? 0], isPermanent: false })
    t.same(front.account.subjects('Bin'), ['one'], 'what is deleted goes there')
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('no two mailboxes have one use, no mailbox has two, and views of other mailboxes cannot be made', async t => {
  const { front, client } = await signedIn()
  try {
    await client.command('CREATE Bin (USE (\\Trash))')
    for (const use of ['\\Trash', '\\Sent \\Junk', '\\All', '\\Flagged', '\\Important']) {
      t.match(await client.command(`CREATE Other (USE (${use}))`), ['NO [USEATTR]'], use)
    }
    t.match(await client.command('CREATE Bin (USE (\\Sent))'), [/^NO \[ALREADYEXISTS\]/])
    t.throws(() => front.account.store.read.getFolder('Other'), { code: 'STORE_NO_SUCH_FOLDER' })
    t.match(await client.command('CREATE Other (USE ())'), [/^OK/])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('Drafts that a mail program has made stay on this computer, as all Drafts do', async t => {
  const { front, client } = await signedIn()
  try {
    await client.command('CREATE Sketches (USE (\\Drafts))')
    await front.account.sync()
    await client.append('Sketches', 'Subject: two\r\n\r\nx\r\n')
    await front.account.sync()
    t.same(front.account.serverSubjects('Sketches'), [])
    t.same(front.account.subjects('Sketches'), ['two'])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('the server’s word on a use counts more, for as long as it is given', async t => {
  const { front, client } = await signedIn()
  const { server } = front.account
  try {
    await client.command('CREATE Bin (USE (\\Trash))')
    await front.account.sync()
    server.folders.set('Trash', new ModelFolder())
    await front.account.sync()
    t.same(await special(client), ['* LIST (\\HasNoChildren \\Trash) "/" "Trash"'])
    server.folders.delete('Trash')
    await front.account.sync()
    t.same(await special(client), ['* LIST (\\HasNoChildren \\Trash) "/" "Bin"'])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('a use goes with its mailbox when that is renamed, and ends when it is deleted', async t => {
  const { front, client, madeFor } = await signedIn()
  const { account } = front
  try {
    await client.command('CREATE Bin (USE (\\Junk))')
    t.match(await client.command('RENAME Bin Spam'), ['OK'])
    await account.sync()
    t.same(madeFor, [['Spam', 'junk']], 'the server hears of one mailbox')
    await client.append('Spam', 'Subject: two\r\n\r\nx\r\n') // by which it is recognised
    for (let run = 0; run < 2; run++) await account.sync()
    account.server.rename('Spam', 'Rubbish')
    await account.sync()
    t.same(await special(client), ['* LIST (\\HasNoChildren \\Junk) "/" "Rubbish"'], 'by another client')
    t.match(await client.command('DELETE Rubbish'), ['OK'])
    t.match(await client.command('CREATE Rubbish'), ['OK'])
    t.same(await special(client), [])
    t.match(await client.command('CREATE Spam (USE (\\Junk))'), ['OK'])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('a folder that was gone with its role does not bring it back while another one has it', async t => {
  const { front, client } = await signedIn()
  try {
    front.account.server.folders.set('Trash', new ModelFolder())
    await front.account.sync()
    front.account.server.folders.delete('Trash')
    for (let run = 0; run < 3; run++) await front.account.sync()
    t.match(await client.command('CREATE Bin (USE (\\Trash))'), [/^OK/])
    await front.account.sync()
    t.match(await client.command('CREATE Trash'), [/^OK/])
    t.same(await special(client), ['* LIST (\\HasNoChildren \\Trash) "/" "Bin"'])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})

t.test('a folder that the server does not take yields its use to one that the server has', async t => {
  const { front, client } = await signedIn()
  try {
    t.match(await client.command('CREATE Bin (USE (\\Trash))'), [/^OK/])
    front.account.server.folders.set('Trash', new ModelFolder())
    front.account.connected = remote =>
      Object.assign(remote, {
        createFolder: async () => {
          throw new PosternError('UPSTREAM_REFUSED', 'no', { remedy: 'user', advice: 'none' })
        },
      })
    for (let run = 0; run < 2; run++) await front.account.sync()
    t.same(await special(client), ['* LIST (\\HasNoChildren \\Trash) "/" "Trash"'])
    await client.close()
  } finally {
    await front[Symbol.asyncDispose]()
  }
})
