import { describeSlowServer, type ProgressEvent, type SyncCounters } from '../daemon/control/control.ts'
import { printable, type Terminal } from './terminal.ts'

const REDRAW_MS = 100
const MEGABYTE = 1_000_000

/** Shows a run as the seed's progress window does, as text: the folder, its counters, rate and time left. */
export class SyncProgress {
  readonly #terminal: Terminal
  readonly #startedAtMs = performance.now()
  #folder = ''
  #isSlow = false
  #drawnLines = 0
  #drawnAtMs = 0

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  readonly onEvent = (event: unknown): void => {
    const { kind, path, ...rest } = event as ProgressEvent // the engine's own, by the control API
    if (kind === 'slow' && 'silentMs' in rest) {
      this.#slow({ path, silentMs: rest.silentMs })
      return
    }
    if (path !== this.#folder) {
      this.#folder = path
      this.#drawnLines = 0
      this.#draw([`Synchronizing folder ${path === 'INBOX' ? 'Inbox' : path}`])
      this.#drawnLines = 0
      this.#drawnAtMs = 0
    }
    if (kind === 'counters' && 'counters' in rest) this.#counters(rest.counters)
  }

  /** Tells of a server that says nothing, with what to do; from then on its seconds go on in one line. */
  #slow(slow: { readonly path: string; readonly silentMs: number }): void {
    const { message, advice } = describeSlowServer(slow)
    if (this.#isSlow) {
      this.#draw([`Still nothing after ${Math.round(slow.silentMs / 1000)} s`])
      return
    }
    this.#isSlow = true
    this.#drawnLines = 0
    this.#draw([printable(message), `  ${advice}`])
    this.#drawnLines = 0
  }

  #counters(counters: SyncCounters): void {
    const isDone = counters.imported >= counters.toImport && counters.downloaded >= counters.toDownload
    if (!isDone && performance.now() - this.#drawnAtMs < REDRAW_MS) return
    const { downloaded, toDownload, uploaded, toUpload, imported, toImport } = counters
    if (this.#isSlow) this.#drawnLines = 0
    this.#isSlow = false
    this.#draw([
      `Downloaded ${downloaded}/${toDownload}, uploaded ${uploaded}/${toUpload}, internal ${imported}/${toImport}${this.#pace(counters)}`,
    ])
  }

  #pace({ downloadedOctets, toDownloadOctets }: SyncCounters): string {
    const seconds = (performance.now() - this.#startedAtMs) / 1000
    if (downloadedOctets === 0 || seconds < 0.5) return ''
    const rate = downloadedOctets / seconds
    const left = Math.max(0, toDownloadOctets - downloadedOctets) / rate
    return `  ${(rate / MEGABYTE).toFixed(1)} MB/s, ${duration(left)} left`
  }

  #draw(lines: readonly string[]): void {
    this.#terminal.progress(lines.join('\n'), { rewriteLines: this.#drawnLines })
    this.#drawnLines = lines.length
    this.#drawnAtMs = performance.now()
  }
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`
  return seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
