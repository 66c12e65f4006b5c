import { ImapFlow } from 'imapflow'
import { DOVECOT_PASSWORD } from '../../test/support/dovecot.ts'
import { type Measured, measureWork } from './measure.ts'

/** Signs in with imapflow, does some work and signs out. */
export function measureImapflow(user: string, port: number, work: (client: ImapFlow) => Promise<unknown>) {
  return measureWork(async () => {
    const auth = { user, pass: DOVECOT_PASSWORD }
    const client = new ImapFlow({
      host: '127.0.0.1',
      port,
      secure: false,
      auth,
      logger: false,
      disableCompression: true,
    })
    await client.connect()
    await work(client)
    await client.logout()
  }) satisfies Promise<Measured>
}
