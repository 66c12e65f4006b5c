import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DOVECOT_PASSWORD } from '../../test/support/dovecot.ts'
import { type Measured, measureProcess } from './measure.ts'

/** What an mbsync is to do. */
export interface MbsyncOptions {
  readonly user: string
  readonly port: number
  /** The CA's PEM file for IMAPS; plain text without it. */
  readonly caFile?: string
  /** Whether it waits for the disk, as it does by itself. */
  readonly isDurable: boolean
  /** `Sync` of its channel: `Pull`, `All`, … */
  readonly sync: string
  readonly patterns?: string
}

/** An mbsync with a mailbox of its own. */
export class Mbsync implements Disposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'postern-mbsync-'))

  constructor({ user, port, caFile, isDurable, sync, patterns = 'INBOX' }: MbsyncOptions) {
    const dir = this.#dir
    mkdirSync(join(dir, 'mail'))
    const host = caFile ? 'localhost' : '127.0.0.1' // it finds no address in a certificate
    const tls = caFile ? `SSLType IMAPS\nCertificateFile ${caFile}\n` : 'SSLType None\n'
    writeFileSync(
      join(dir, 'rc'),
      `FSync ${isDurable ? 'yes' : 'no'}\nIMAPAccount a\nHost ${host}\nPort ${port}\nUser ${user}\n` +
        // Compression costs more than loopback carries.
        `Pass ${DOVECOT_PASSWORD}\n${tls}AuthMechs LOGIN\nDisableExtension COMPRESS=DEFLATE\n\nIMAPStore r\nAccount a\n\n` +
        `MaildirStore l\nPath ${dir}/mail/\nInbox ${dir}/mail/INBOX\nSubFolders Verbatim\n\n` +
        `Channel c\nFar :r:\nNear :l:\nPatterns ${patterns}\nCreate Near\nSync ${sync}\nSyncState *\n`,
    )
  }

  /** What `mbsync -c` wants. */
  get configFile(): string {
    return join(this.#dir, 'rc')
  }

  /** The Maildir of its INBOX. */
  get inbox(): string {
    return join(this.#dir, 'mail', 'INBOX')
  }

  /** Runs it to its end. */
  run(): Promise<Measured> {
    return measureProcess('mbsync', ['-q', '-c', this.configFile, '-a'])
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
