import type { PathCommand } from '../formats/smtp/path.ts'
import type { MailOptions, RcptOptions } from './backend.ts'

/** Reads the parameters of MAIL; undefined when one is unknown or has a value that it cannot have. */
export function parseMailParameters(parameters: PathCommand['parameters']): MailOptions | undefined {
  const dsn: string[] = []
  let size: number | undefined
  let is8BitMime = false
  let isSmtpUtf8 = false
  for (const [name, value] of parameters) {
    if (name === 'SIZE' && typeof value === 'string' && /^\d{1,15}$/.test(value)) size = Number(value)
    else if (name === 'BODY' && /^(7BIT|8BITMIME)$/i.test(String(value))) is8BitMime = /^8/.test(String(value))
    else if (name === 'SMTPUTF8' && value === true) isSmtpUtf8 = true
    else if (name === 'RET' && /^(FULL|HDRS)$/i.test(String(value))) dsn.push(`RET=${value}`)
    else if (name === 'ENVID' && typeof value === 'string' && value.length <= 100) dsn.push(`ENVID=${value}`)
    // RFC 4954 section 5: a server that does not trust the client ignores it.
    else if (name !== 'AUTH' || typeof value !== 'string') return undefined
  }
  return { size, is8BitMime, isSmtpUtf8, dsn }
}

/** Reads the parameters of RCPT; undefined when one is unknown or has a value that it cannot have. */
export function parseRcptParameters(parameters: PathCommand['parameters']): RcptOptions | undefined {
  const dsn: string[] = []
  for (const [name, value] of parameters) {
    if (typeof value !== 'string') return undefined
    const isNotify = name === 'NOTIFY' && /^(NEVER|(SUCCESS|FAILURE|DELAY)(,(SUCCESS|FAILURE|DELAY))*)$/i.test(value)
    if (!isNotify && (name !== 'ORCPT' || value.length > 500)) return undefined
    dsn.push(`${name}=${value}`)
  }
  return { dsn }
}
