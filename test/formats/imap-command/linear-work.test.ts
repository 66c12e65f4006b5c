import t from 'tap'
import { parseCommand } from '../../../src/formats/imap/command/command-parser.ts'
import { CommandSplitter } from '../../../src/formats/imap/command/command-splitter.ts'
import { cut } from './split-events.ts'

t.test('the work grows with the octets, not with their square', async t => {
  const hostile = [
    `a ${'x'.repeat(100_000)}`,
    `a LOGIN ${'{0+}\r\n '.repeat(20_000)}`,
    `a X ${'{1+}\r\n1'.repeat(20_000)}`,
    `a X {60000+}\r\n${'\n'.repeat(60_000)} {60000+}\r\n${'1'.repeat(60_000)}`,
    `a APPEND x ${'{1+}\r\n1 '.repeat(20_000)}`,
    '\r\n'.repeat(50_000),
    `a LOGIN "${'\\"'.repeat(30_000)}\r\n`,
    `a SEARCH ${'('.repeat(60_000)}\r\n`,
    `a SEARCH ${'OR '.repeat(20_000)}\r\n`,
    `a FETCH ${'1,'.repeat(30_000)}\r\n`,
    `a FETCH 1 BODY[${'1.'.repeat(30_000)}\r\n`,
    `a STORE 1 FLAGS (${'a '.repeat(30_000)}\r\n`,
    `a LIST (${'SUBSCRIBED '.repeat(5000)}\r\n`,
  ]
  for (const client of hostile) {
    for (const chunkOctets of [1, 7, 1_000_000]) {
      const work = countWork(client, chunkOctets)
      t.ok(work < 40 * client.length, `${JSON.stringify(client.slice(0, 20))} by ${chunkOctets}: ${work}`)
    }
  }
})

/** Counts the octets that buffers copy, search and decode, and the calls of regular expressions. */
function countWork(client: string, chunkOctets: number): number {
  let work = 0
  const { copy, indexOf, toString: decode } = Buffer.prototype
  const { exec } = RegExp.prototype
  const { concat } = Buffer
  const splitter = new CommandSplitter()
  try {
    Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<Buffer['copy']>) {
      const copied = copy.apply(this, args)
      work += copied
      return copied
    }
    Buffer.prototype.indexOf = function (this: Buffer, ...args: Parameters<Buffer['indexOf']>) {
      const found = indexOf.apply(this, args)
      work += found === -1 ? this.length : found
      return found
    }
    Buffer.prototype.toString = function (this: Buffer, ...args: Parameters<Buffer['toString']>) {
      const text = decode.apply(this, args)
      work += text.length
      return text
    }
    Buffer.concat = (list, total) => {
      const joined = concat(list, total)
      work += joined.length
      return joined
    }
    RegExp.prototype.exec = function (this: RegExp, text: string) {
      work++
      return exec.call(this, text)
    }
    for (const chunk of cut(Buffer.from(client, 'latin1'), chunkOctets)) {
      splitter.push(chunk)
      for (let event = splitter.next(); event; event = splitter.next()) {
        work++
        if (event.kind === 'append-literal') splitter.accept()
        if (event.kind === 'command') parseCommand(event.pieces, { isUtf8: true })
      }
    }
  } finally {
    Object.assign(Buffer.prototype, { copy, indexOf, toString: decode })
    Object.assign(Buffer, { concat })
    Object.assign(RegExp.prototype, { exec })
  }
  return work
}
