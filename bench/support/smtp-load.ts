// Sends 4 KB messages on reused connections and tells its parent how many a second were accepted.
import { connect } from 'node:net'

interface Options {
  readonly port: number
  readonly concurrency: number
  readonly seconds: number
  readonly user?: string
  readonly password?: string
}

const options = JSON.parse(process.argv[2] ?? '{}') as Options // from bench/relay.ts
const message = `Subject: bench\r\n\r\n${'0123456789abcdef'.repeat(4).concat('\r\n').repeat(60)}.\r\n`
const end = performance.now() + options.seconds * 1000
let accepted = 0

async function run(): Promise<void> {
  const client = new Client(options.port)
  await client.reply()
  await client.command('EHLO bench')
  if (options.user)
    await client.command(`AUTH PLAIN ${Buffer.from(`\0${options.user}\0${options.password}`).toString('base64')}`)
  while (performance.now() < end) {
    client.write('MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n')
    for (let reply = 0; reply < 3; reply++) await client.reply()
    client.write(message)
    if ((await client.reply()) === 250) accepted++
  }
  client.destroy()
}

class Client {
  readonly #socket
  #text = ''
  #replies: number[] = []
  #wake: (() => void) | undefined

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (chunk: Buffer) => {
      const lines = (this.#text + chunk.toString('latin1')).split('\r\n')
      this.#text = lines.pop() ?? ''
      for (const line of lines) if (line[3] !== '-') this.#replies.push(Number(line.slice(0, 3)))
      this.#wake?.()
    })
  }

  write(text: string): void {
    this.#socket.write(text)
  }

  async command(line: string): Promise<number> {
    this.write(`${line}\r\n`)
    return this.reply()
  }

  async reply(): Promise<number> {
    while (this.#replies.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
    return this.#replies.shift() ?? 0
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

await Promise.all(Array.from({ length: options.concurrency }, run))
process.send?.(accepted / options.seconds)
