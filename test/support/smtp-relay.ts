import nodemailer from 'nodemailer'
import type SMTPPool from 'nodemailer/lib/smtp-pool/index.js'
import type { Test } from 'tap'
import { freePorts } from './free-port.ts'
import { PosternHome } from './postern.ts'

/** The account behind the relay. */
export interface RelayedAccount {
  readonly email: string
  readonly password: string
  /** The server that is relayed to; its certificate is approved first. */
  readonly smtp: string
}

/** Sends a message of this subject through the relay. */
export type Send = (subject: string, to: readonly string[]) => Promise<SMTPPool.SentMessageInfo>

/** Starts a daemon whose one profile relays to a server, and ends it with the test. */
export async function startRelay(t: Test, { email, password, smtp }: RelayedAccount): Promise<Send> {
  const home = new PosternHome()
  t.teardown(() => home[Symbol.asyncDispose]())
  home.configure()
  const [nowhere = 0] = await freePorts(1)
  const urls = ['--imap', `imap://127.0.0.1:${nowhere}`, '--smtp', smtp]
  await home.json(['profile', 'add', 'work', '--email', email, ...urls, '--password-stdin'], password)
  const { protocol, host } = new URL(smtp)
  const startTls = protocol === 'smtp+starttls:' ? ['--starttls', 'smtp'] : []
  if (protocol !== 'smtp:') await home.json(['cert', 'approve', host, ...startTls, '--yes'])
  await home.start()
  const { fronts } = (await home.json(['status'])) as { fronts: { name: string; port: number }[] }
  const port = fronts.find(({ name }) => name === 'smtp')?.port ?? 0
  const auth = { user: email, pass: password }
  const transport = nodemailer.createTransport({ host: '127.0.0.1', port, auth, ignoreTLS: true, pool: true })
  t.teardown(() => transport.close())
  return (subject, to) =>
    transport.sendMail({ envelope: { from: email, to: [...to] }, raw: `Subject: ${subject}\r\n\r\nbody\r\n` })
}
