import fc from 'fast-check'
import t from 'tap'
import { HeaderEnd } from '../../../src/formats/mail/structure/header-end.ts'
import { parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import { fetchText, readResponses } from '../../support/imap/fetch.ts'
import { FetchAccount } from '../../support/imap/fetch-account.ts'
import { MIME_MESSAGES } from '../../support/mime-messages.ts'

const SECTIONS = ['BODY.PEEK[', 'BINARY.PEEK['].flatMap(name => [`${name}]`, `${name}1]`, `${name}2]`])
const BODY_SECTIONS = ['BODY.PEEK[HEADER]', 'BODY.PEEK[TEXT]', 'BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)]']

async function value(account: FetchAccount, item: string): Promise<Buffer | undefined> {
  const [response] = readResponses(await fetchText(account, item))
  return response?.[1].values().next().value
}

t.test('ranges one after the other are the whole, however they are cut and however the octets come', async () => {
  const message = fc.constantFrom(...Object.values(MIME_MESSAGES))
  const section = fc.constantFrom(...SECTIONS, ...BODY_SECTIONS)
  const steps = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 })
  const chunk = fc.constantFrom(1, 7, 64, 65_536)
  await fc.assert(
    fc.asyncProperty(message, section, steps, chunk, async (octets, item, steps, chunkOctets) => {
      const account = new FetchAccount()
      account.chunkOctets = chunkOctets
      account.add(1, { octets: Buffer.from(octets, 'latin1') })
      const whole = await value(account, item)
      if (!whole) return (await value(account, `${item}<0.1>`)) === undefined
      const pieces: Buffer[] = []
      let at = 0
      for (let step = 0; at <= whole.length; step++) {
        const length = steps[step % steps.length] ?? 1
        const piece = await value(account, `${item}<${at}.${length}>`)
        pieces.push(piece ?? Buffer.from('nothing'))
        at += length
      }
      return Buffer.concat(pieces).equals(whole) && account.openStreams === 0
    }),
    { numRuns: 150 },
  )
})

t.test('a header ends where the structure says, however the octets come', async () => {
  const piece = fc.constantFrom('\r', '\n', '\r\n', 'a', ': ', ' ', '\0')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (pieces, chunkOctets) => {
      const octets = Buffer.from(pieces.join(''))
      const blankLine = new HeaderEnd()
      let end: number | undefined
      for (let at = 0; at < octets.length && end === undefined; at += chunkOctets) {
        end = blankLine.push(octets.subarray(at, at + chunkOctets))
      }
      return (end ?? octets.length) === parseMimeTree([octets]).root.header.end
    }),
    { numRuns: 5000 },
  )
})
