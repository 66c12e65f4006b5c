import { type Answer, polite } from './imap-script.ts'

const CAPABILITIES = 'UIDPLUS'

/** What a scripted mailbox does when a message is fetched; undefined for what every server does. */
export type FetchRule = (uid: number, socket: { destroy(): void }) => string | undefined

/** An INBOX with UIDs from 1 on and UIDVALIDITY 1, that answers as IMAP wants it, except where the rule says otherwise. */
export function scriptedMailbox(messages: number, rule: FetchRule): Answer {
  const uids = Array.from({ length: messages }, (_, index) => index + 1)
  return polite(CAPABILITIES, (command, socket) => {
    if (command.startsWith('LSUB')) return 'TAG OK done\r\n'
    if (command.startsWith('LIST')) return '* LIST (\\HasNoChildren) "/" INBOX\r\nTAG OK done\r\n'
    if (command.startsWith('STATUS')) {
      return `* STATUS INBOX (MESSAGES ${messages} UIDNEXT ${messages + 1} UIDVALIDITY 1)\r\nTAG OK done\r\n`
    }
    if (command.startsWith('EXAMINE')) {
      return `* ${messages} EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT ${messages + 1}] ok\r\nTAG OK [READ-ONLY] done\r\n`
    }
    const [, set, items] = /^UID FETCH (\S+) \(([^)]*)/.exec(command) ?? []
    if (set === undefined || items === undefined) return undefined
    const asked = uids.filter(uid => includes(set, uid))
    return items.includes('BODY.PEEK[]') ? bodies(asked, socket, rule) : facts(asked, items)
  })
}

/** What the mailbox has as its message of a UID. */
export function scriptedMessage(uid: number): string {
  return `Message-ID: <${uid}@x>\r\nSubject: message ${uid}\r\n\r\nbody of ${uid}\r\n`
}

function bodies(asked: readonly number[], socket: { destroy(): void }, rule: FetchRule): string {
  let answer = ''
  for (const uid of asked) {
    const text = scriptedMessage(uid)
    const own = rule(uid, socket)
    if (own?.startsWith('TAG')) return answer + own
    answer += own ?? `* ${uid} FETCH (UID ${uid} FLAGS () BODY[] {${text.length}}\r\n${text})\r\n`
  }
  return `${answer}TAG OK done\r\n`
}

function facts(asked: readonly number[], items: string): string {
  const date = '"01-Jan-2026 00:00:00 +0000"'
  const more = (uid: number) =>
    items.includes('RFC822.SIZE') ? ` RFC822.SIZE ${scriptedMessage(uid).length} INTERNALDATE ${date}` : ''
  return `${asked.map(uid => `* ${uid} FETCH (UID ${uid} FLAGS ()${more(uid)})\r\n`).join('')}TAG OK done\r\n`
}

function includes(set: string, uid: number): boolean {
  return set.split(',').some(range => {
    const [first = '', last = first] = range.split(':')
    return uid >= Number(first) && (last === '*' || uid <= Number(last))
  })
}
