import t from 'tap'
import { connectImap } from '../../src/upstream/imap/client.ts'
import { CYRUS_PASSWORD, cyrusMissing, startCyrus } from '../support/cyrus.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { scriptedAccount, scriptedOptions } from '../support/imap-script.ts'
import { startStallingProxy } from '../support/stalling-proxy.ts'
import { watch } from '../support/watched.ts'

const USER = 'ada'

for (const way of ['notify', 'idle'] as const) {
  t.test(
    `a half-open connection to Dovecot is noticed and replaced, by ${way}`,
    { skip: dovecotMissing() ?? false },
    async t => {
      const settings =
        way === 'idle' ? 'protocol imap {\n  imap_capability = IMAP4rev1 IDLE CONDSTORE QRESYNC ENABLE\n}' : ''
      await using dovecot = await startDovecot({ users: [USER], settings })
      await using proxy = await startStallingProxy(dovecot.imapPort)
      const credentials = async () => ({ user: USER, password: DOVECOT_PASSWORD })
      const { states, changes } = watch(t, proxy, { credentials, beatMs: 400, silenceTimeoutMs: 400 })
      t.match(await states.next(({ kind }) => kind !== 'connecting'), { kind: way })
      await changes.next() // what the invented store does not know
      proxy.stallAfter(0)
      t.match(await states.next(({ error }) => error !== undefined), { error: { code: 'UPSTREAM_SILENT' } })
      proxy.stallAfter(Number.POSITIVE_INFINITY)
      t.match(await states.next(({ kind }) => kind === way), { error: undefined })
      await using other = await connectImap(
        scriptedAccount(dovecot.imapPort, { credentials }),
        scriptedOptions(),
        new AbortController().signal,
      )
      await other.append('INBOX', [{ flags: [], internalDateMs: 0, octets: 5, chunks: () => [Buffer.from('a: b\n')] }])
      t.match(await changes.next(({ paths }) => paths.includes('INBOX')), { paths: ['INBOX'] })
    },
  )
}

t.test('Cyrus is watched, and tells its rights', { skip: cyrusMissing() ?? false }, async t => {
  await using cyrus = await startCyrus({ users: [USER] })
  const credentials = async () => ({ user: USER, password: CYRUS_PASSWORD })
  await using other = await connectImap(
    scriptedAccount(cyrus.imapPort, { credentials }),
    scriptedOptions(),
    new AbortController().signal,
  )
  await other.createFolder('INBOX').catch(() => undefined) // it may be there
  const inbox = (await other.listFolders()).find(({ path }) => path === 'INBOX')
  t.match(inbox?.rights, /^a.*i.*l.*r.*w/)
  const { states, changes } = watch(t, { port: cyrus.imapPort }, { credentials })
  const { kind } = await states.next(({ kind }) => kind !== 'connecting')
  t.comment(`Cyrus: ${kind}`)
  t.not(kind, 'timers')
  await changes.next() // what the invented store does not know
  await other.append('INBOX', [
    { flags: [], internalDateMs: 0, octets: 8, chunks: () => [Buffer.from('a: b\r\n\r\n')] },
  ])
  t.match(await changes.next(({ paths }) => paths.includes('INBOX')), { paths: ['INBOX'] })
})
