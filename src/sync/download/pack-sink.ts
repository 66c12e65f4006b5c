import type { PosternError } from '../../errors.ts'
import type { PackLocation } from '../../store/packs/pack-format.ts'
import type { PackWriter } from '../../store/packs/pack-writer.ts'
import type { BodySink, RemoteBody } from '../remote.ts'

/** Takes a few bodies into a pack and remembers where they are; what becomes of them is decided when all are there. */
export class PackSink implements BodySink {
  readonly #writer: PackWriter
  readonly #onOctets: (octets: number) => void
  /** Where the bodies are, by UID. */
  readonly locations = new Map<number, PackLocation>()
  /** What the server said when it refused some. */
  refusal: PosternError | undefined

  constructor(writer: PackWriter, onOctets: (octets: number) => void = () => undefined) {
    this.#writer = writer
    this.#onOctets = onOctets
  }

  begin(octets: number): void {
    this.#writer.begin(octets)
  }

  write(chunk: Buffer): void {
    this.#writer.write(chunk)
    this.#onOctets(chunk.length)
  }

  end({ uid }: RemoteBody): void {
    this.locations.set(uid, this.#writer.end())
  }

  missing(uid: number): void {
    this.locations.delete(uid)
  }

  refused(_uids: readonly number[], error: PosternError): void {
    this.refusal = error
  }

  drained(): Promise<void> | undefined {
    return this.#writer.drained()
  }
}
