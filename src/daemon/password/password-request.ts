import { PosternError } from '../../errors.ts'
import type { NetworkProxy } from '../../net/proxy/network-proxy.ts'
import type { ProfileErrorCode } from '../../profile/errors.ts'
import type { Peer, PeerVerifier } from '../../tls/peer.ts'

/** A password that is to be changed on a server. */
export interface PasswordRequest {
  readonly user: string
  readonly current: string
  readonly next: string
}

/** How its server is reached. */
export interface PasswordWay {
  readonly verifier: PeerVerifier
  readonly proxyTo: (peer: Peer) => Promise<NetworkProxy | undefined>
  readonly signal: AbortSignal
  /** Called before the first octet of the change goes out: from then on it may have happened, whatever fails. */
  readonly onSending: () => void
}

/** Says that the server has definitely not changed the password. */
export function changeRefused(place: string, says: string): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_PASSWORD_REFUSED',
    `${place} did not change the password: ${says}`,
    { remedy: 'user', advice: 'The password is the one of before, there and here. Follow what it says.' },
  )
}

/** Says that the server could not be asked, or gave no answer. */
export function changeUnavailable(place: string, what: string, cause?: unknown): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_PASSWORD_UNAVAILABLE',
    `${place} could not be asked to change the password: ${what}`,
    {
      remedy: 'retry',
      advice: 'Try again later; if it stays, check passwordChangeUrl with whoever runs the server.',
      cause,
    },
  )
}
