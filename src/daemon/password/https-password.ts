import type { IncomingMessage } from 'node:http'
import type { PasswordChangeUrl } from '../../config/password-change-url.ts'
import { PosternError } from '../../errors.ts'
import { sendVerified } from '../verified-request.ts'
import { changeRefused, changeUnavailable, type PasswordRequest, type PasswordWay } from './password-request.ts'
import { serverWords } from './server-words.ts'

const ANSWER_TIMEOUT_MS = 20_000
const MAX_ANSWER_OCTETS = 65_536

type HttpsPlace = Extract<PasswordChangeUrl, { readonly kind: 'https' }>

/**
 * Changes a password by a form of three fields, `user`, `curpass` and `newpass`: those that Roundcube's password plugin
 * (driver httpapi) sends, so that one page serves both. Redirections are not followed.
 *
 * @returns what the server says
 * @throws {PosternError} PROFILE_PASSWORD_REFUSED, PROFILE_PASSWORD_UNAVAILABLE, NET_…, TLS_…
 */
export async function changeByHttps(
  { url }: HttpsPlace,
  { user, current, next }: PasswordRequest,
  { verifier, proxyTo, signal, onSending }: PasswordWay,
): Promise<string> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
  const body = new URLSearchParams({ user, curpass: current, newpass: next }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/plain, */*;q=0.1' }
  try {
    const sent = { url, method: 'POST', headers, body, proxyTo, verifier, signal: bounded, onSending }
    const response = await sendVerified(sent)
    const { statusCode = 0 } = response
    const says = serverWords(await textOf(response), [current, next])
    const told = `HTTP status ${statusCode}${says === '' ? '' : `, ${says}`}`
    if (statusCode >= 400 && statusCode < 500) throw changeRefused(url.host, told)
    // A page may lead on to another one when it is done: the sign-in tells.
    if (statusCode < 200 || statusCode >= 300) throw changeUnavailable(url.host, told)
    return says
  } catch (error) {
    if (error instanceof PosternError) throw error
    throw changeUnavailable(url.host, error instanceof Error ? error.message : String(error), error)
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of response) {
    chunks.push(chunk)
    octets += chunk.length
    if (octets > MAX_ANSWER_OCTETS) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
