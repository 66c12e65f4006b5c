import t from 'tap'
import { DotUnstuffer } from '../../src/formats/smtp/dot-unstuffer.ts'

const SENT = Buffer.from('..one\r\n.two\r\n...\r\nno.\r\n.\r\r\n..\n.x\r\n\r\n..')
const MEANT = Buffer.from('.one\r\ntwo\r\n..\r\nno.\r\n\r\r\n.\n.x\r\n\r\n.')

t.test('the dot at the beginning of a line goes away, wherever the chunks end', async t => {
  for (let size = 1; size <= SENT.length; size++) {
    const dots = new DotUnstuffer()
    const pieces: Buffer[] = []
    for (let at = 0; at < SENT.length; at += size) pieces.push(dots.push(SENT.subarray(at, at + size)))
    t.equal(Buffer.concat(pieces).toString(), MEANT.toString(), `in chunks of ${size}`)
  }
})

t.test('a chunk without doubled dots is passed on as it is', async t => {
  const chunk = Buffer.from('one\r\ntwo. three\r\n')
  t.equal(new DotUnstuffer().push(chunk), chunk)
})
