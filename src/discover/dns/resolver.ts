/** A service's place (RFC 2782). The target `` stands for the root: the service is decidedly not offered. */
export interface SrvRecord {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

/** A mail exchanger (RFC 1035 section 3.3.9). */
export interface MxRecord {
  readonly priority: number
  readonly exchange: string
}

/** What DNS says: the records of one type (none is an answer, too), or that there is no such name at all. */
export type Answer<Value> =
  | { readonly kind: 'records'; readonly records: readonly Value[] }
  | { readonly kind: 'no-such-name' }

/**
 * Asks DNS. Names are ASCII without the final dot.
 *
 * Each question throws {PosternError} DISCOVER_DNS_FAILED when nobody gave an answer.
 */
export interface Resolver extends Disposable {
  /** Both families, as texts. */
  addresses(name: string): Promise<Answer<string>>
  srv(name: string): Promise<Answer<SrvRecord>>
  mx(name: string): Promise<Answer<MxRecord>>
  /** Each record with its parts joined. */
  txt(name: string): Promise<Answer<string>>
}

/** What is known of a name: nothing, when there is no such name. */
export function recordsOf<Value>(answer: Answer<Value>): readonly Value[] {
  return answer.kind === 'records' ? answer.records : []
}

/** Joins the answers for the two families of addresses. */
export function joinAddresses(...answers: readonly Answer<string>[]): Answer<string> {
  if (answers.every(({ kind }) => kind === 'no-such-name')) return { kind: 'no-such-name' }
  return { kind: 'records', records: answers.flatMap(recordsOf) }
}
