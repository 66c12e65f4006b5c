import { attachments } from './kinds/attachments.ts'
import { brokenMail } from './kinds/broken-mail.ts'
import { conversations } from './kinds/conversations.ts'
import { drafts } from './kinds/drafts.ts'
import { invitations } from './kinds/invitations.ts'
import { junk } from './kinds/junk.ts'
import { languages } from './kinds/languages.ts'
import { mailingLists } from './kinds/mailing-lists.ts'
import { newsletters } from './kinds/newsletters.ts'
import { notices } from './kinds/notices.ts'
import { oddities } from './kinds/oddities.ts'
import { oldCharsets } from './kinds/old-charsets.ts'
import { reports } from './kinds/reports.ts'
import { secureMail } from './kinds/secure-mail.ts'
import type { PlannedMessage, SampleMessage } from './sample-message.ts'
import { type SampleSettings, SampleWorld } from './sample-world.ts'

/** Every kind of message, each a plan whose octets are made later. */
const KINDS: readonly ((world: SampleWorld) => Iterable<PlannedMessage>)[] = [
  ...[conversations, notices, newsletters, mailingLists, junk, drafts],
  ...[attachments, secureMail, invitations, reports],
  ...[oldCharsets, languages, oddities, brokenMail],
]

/**
 * Invents a mailbox of about 300 messages of the last two years, the oldest first; the same for the same settings. One
 * message is made at a time. All folders are of `SAMPLE_FOLDERS`.
 */
export function* sampleMail(settings: SampleSettings): Generator<SampleMessage> {
  const world = new SampleWorld(settings)
  const plans = KINDS.flatMap(kind => [...kind(world)])
  plans.sort((left, right) => left.internalDateMs - right.internalDateMs)
  for (const { write, ...facts } of plans) yield { ...facts, octets: write() }
}
