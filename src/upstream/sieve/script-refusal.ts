import { PosternError } from '../../errors.ts'
import type { UpstreamErrorCode } from '../errors.ts'
import { failures, wordsOf } from './failures.ts'
import type { Completion } from './response-line.ts'

interface Explanation {
  readonly code: UpstreamErrorCode
  readonly what: (script: string) => string
  readonly advice: string
}

const QUOTA: Explanation = {
  code: 'UPSTREAM_SCRIPT_QUOTA',
  what: script => `has no room for the script ${script}`,
  advice: 'Delete a script that is not used, or shorten this one.',
}

// By the name of the response code (RFC 5804 section 1.3).
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  QUOTA,
  'QUOTA/MAXSCRIPTS': QUOTA,
  'QUOTA/MAXSIZE': QUOTA,
  NONEXISTENT: {
    code: 'UPSTREAM_SCRIPT_UNKNOWN',
    what: script => `has no script ${script}`,
    advice: 'Another program may have renamed or deleted it.',
  },
  ALREADYEXISTS: {
    code: 'UPSTREAM_SCRIPT_EXISTS',
    what: script => `has a script ${script} already`,
    advice: 'Choose another name.',
  },
  ACTIVE: {
    code: 'UPSTREAM_SCRIPT_ACTIVE',
    what: script => `does not delete the script ${script}, which is active`,
    advice: 'Make another one active first, or none.',
  },
}

const INVALID: Explanation = {
  code: 'UPSTREAM_SCRIPT_INVALID',
  what: script => `does not take the script ${script}`,
  advice: 'Correct what the server names; it may lack an extension that the script requires.',
}

/** Says why a command about a script was refused; where the server names no code, `isText` says that its text is meant. */
export function scriptRefusal(
  where: string,
  no: Completion,
  { name, isText }: { readonly name: string; readonly isText: boolean },
): PosternError {
  const explanation = no.code ? EXPLANATIONS[no.code.name] : isText ? INVALID : undefined
  if (!explanation) return failures.refused(where, no)
  const { code, what, advice } = explanation
  return new PosternError(code, `${where} ${what(JSON.stringify(name))}: ${wordsOf(no)}`, {
    remedy: 'user',
    advice,
    cause: no,
  })
}
