import { PosternError } from '../errors.ts'
import type { DaemonErrorCode } from './errors.ts'
import type { Method, MethodContext } from './method.ts'
import { BINDING_METHODS } from './methods/binding.ts'
import { CERTIFICATE_METHODS } from './methods/certificates.ts'
import { CHANGE_METHODS } from './methods/change.ts'
import { CONFIG_METHODS } from './methods/config.ts'
import { CONFLICT_METHODS } from './methods/conflict.ts'
import { DISCOVER_METHODS } from './methods/discover.ts'
import { EXPLAIN_METHODS } from './methods/explain.ts'
import { FETCH_METHODS } from './methods/fetch.ts'
import { FOLDER_CLASS_METHODS } from './methods/folder-class.ts'
import { FRONT_METHODS } from './methods/fronts.ts'
import { IGNORED_METHODS } from './methods/ignored.ts'
import { MAIL_METHODS } from './methods/mail.ts'
import { OUTBOX_METHODS } from './methods/outbox.ts'
import { OUTLOOK_SETUP_METHODS } from './methods/outlook-setup.ts'
import { PASSWORD_METHODS } from './methods/password.ts'
import { PAUSE_METHODS } from './methods/pause.ts'
import { PROFILE_METHODS } from './methods/profile.ts'
import { PROFILE_TRANSFER_METHODS } from './methods/profile-transfer.ts'
import { PROXY_METHODS } from './methods/proxy.ts'
import { SIGN_IN_METHODS } from './methods/sign-in.ts'
import { STATUS_METHODS } from './methods/status.ts'
import { STORE_METHODS } from './methods/store.ts'

const METHODS: Readonly<Record<string, Method>> = {
  ...STATUS_METHODS,
  ...CONFIG_METHODS,
  ...CERTIFICATE_METHODS,
  ...PROFILE_METHODS,
  ...PASSWORD_METHODS,
  ...BINDING_METHODS,
  ...PROFILE_TRANSFER_METHODS,
  ...SIGN_IN_METHODS,
  ...PROXY_METHODS,
  ...MAIL_METHODS,
  ...CHANGE_METHODS,
  ...CONFLICT_METHODS,
  ...DISCOVER_METHODS,
  ...EXPLAIN_METHODS,
  ...FETCH_METHODS,
  ...FOLDER_CLASS_METHODS,
  ...FRONT_METHODS,
  ...IGNORED_METHODS,
  ...OUTBOX_METHODS,
  ...OUTLOOK_SETUP_METHODS,
  ...STORE_METHODS,
  ...PAUSE_METHODS,
}

/** The answer of a method: a document, or octets. */
export type Answer =
  | { readonly kind: 'value'; readonly value: Promise<unknown> }
  | { readonly kind: 'octets'; readonly octets: AsyncIterable<Uint8Array> }

/**
 * Runs a method of the control API.
 *
 * @throws {PosternError} DAEMON_UNKNOWN_METHOD, DAEMON_BAD_REQUEST
 */
export function runMethod(name: string, params: unknown, context: MethodContext): Answer {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
  if (!method) throw badRequest('DAEMON_UNKNOWN_METHOD', `There is no method ${JSON.stringify(name)}.`)
  const parsed = method.params.safeParse(params)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw badRequest('DAEMON_BAD_REQUEST', `${name}: ${issue?.path.map(String).join('.')}: ${issue?.message}`)
  }
  // Parsed by the schema that the method's own parameter type comes from.
  const checked = parsed.data as never
  if (method.kind === 'octets') return { kind: 'octets', octets: method.run(checked, context) }
  return { kind: 'value', value: method.run(checked, context) }
}

function badRequest(code: DaemonErrorCode, message: string): PosternError {
  return new PosternError(code, message, {
    remedy: 'user',
    advice: 'The command line and the daemon may be of different versions: restart the daemon.',
  })
}
