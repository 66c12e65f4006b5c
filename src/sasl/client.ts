import { createHmac } from 'node:crypto'

/** RFC 4616: the response of PLAIN, before base64. */
export function plainResponse(user: string, password: string): Buffer {
  return Buffer.from(`\0${user}\0${password}`)
}

/** RFC 2195: the response of CRAM-MD5 to a decoded challenge, before base64. */
export function cramMd5Response(challenge: Buffer, user: string, password: string): Buffer {
  return Buffer.from(`${user} ${createHmac('md5', password).update(challenge).digest('hex')}`)
}
