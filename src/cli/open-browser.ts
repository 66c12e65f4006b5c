import { spawn } from 'node:child_process'
import process from 'node:process'

// The page is an argument of a program, never of a shell.
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** Opens a page in the browser that the user has chosen; `onFailure` is told why it could not be. */
export function openBrowser(url: string, onFailure: (why: string) => void): void {
  const { protocol, href } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') {
    onFailure(`${protocol} is no web page`)
    return
  }
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open']
  const child = spawn(program, [...args, href], { stdio: 'ignore', detached: true })
  child.once('error', error => onFailure(error.message))
  child.once('exit', code => {
    if (code !== 0 && code !== null) onFailure(`${program} ended with ${code}`)
  })
  child.unref()
}
