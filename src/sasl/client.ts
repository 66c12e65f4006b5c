import { createHmac } from 'node:crypto'
import { type ClientMechanism, SaslError } from './client-mechanism.ts'

/** RFC 4616: the response of PLAIN, before base64. */
export function plainResponse(user: string, password: string): Buffer {
  return Buffer.from(`\0${user}\0${password}`)
}

/** RFC 2195: the response of CRAM-MD5 to a decoded challenge, before base64. */
export function cramMd5Response(challenge: Buffer, user: string, password: string): Buffer {
  return Buffer.from(`${user} ${createHmac('md5', password).update(challenge).digest('hex')}`)
}

/** RFC 4616. */
export function plainClient(user: string, password: string): ClientMechanism {
  return { name: 'PLAIN', initialResponse: plainResponse(user, password), ...answering([]) }
}

/** RFC 4422 appendix A: who it is was shown before, in TLS; an empty response leaves the rest to the server. */
export function externalClient(authorize = ''): ClientMechanism {
  return { name: 'EXTERNAL', initialResponse: Buffer.from(authorize), ...answering([]) }
}

/** draft-murchison-sasl-login: two questions, whatever their words. */
export function loginClient(user: string, password: string): ClientMechanism {
  return {
    name: 'LOGIN',
    initialResponse: undefined,
    ...answering([() => Buffer.from(user), () => Buffer.from(password)]),
  }
}

/** RFC 2195. */
export function cramMd5Client(user: string, password: string): ClientMechanism {
  const answer = (challenge: Buffer) => cramMd5Response(challenge, user, password)
  return { name: 'CRAM-MD5', initialResponse: undefined, ...answering([answer]) }
}

function answering(
  answers: readonly ((challenge: Buffer) => Buffer)[],
): Pick<ClientMechanism, 'respond' | 'assertDone'> {
  const left = [...answers]
  return {
    respond: challenge => {
      const next = left.shift()
      if (next) return next(challenge)
      throw new SaslError('malformed', 'a question too many')
    },
    assertDone: () => undefined, // these let the server prove nothing
  }
}
