import { PEOPLE, type Person } from '../people.ts'
import type { PlannedMessage } from '../sample-message.ts'
import type { SampleWorld } from '../sample-world.ts'
import { CAFE } from '../texts/cafe.ts'
import type { Conversation, Turn } from '../texts/conversation.ts'
import { FAMILY } from '../texts/family.ts'
import { HARBOUR_BRIDGE } from '../texts/harbour-bridge.ts'
import { OFFICE } from '../texts/office.ts'
import { TRAVEL } from '../texts/travel.ts'
import { writeDate } from '../wire/header-fields.ts'
import { type MimePart, multipart, textPart } from '../wire/mime-parts.ts'
import { flowed, htmlPage, wrapped } from '../wire/paragraphs.ts'

const MINUTE_MS = 60_000

interface Said {
  readonly who: Person
  readonly text: string
  readonly sentMs: number
  readonly messageId: string
}

/** Plans the conversations: threads with References, each in the style of its writer. */
export function* conversations(world: SampleWorld): Generator<PlannedMessage> {
  for (const conversation of [...HARBOUR_BRIDGE, ...CAFE, ...FAMILY, ...TRAVEL, ...OFFICE]) {
    yield* converse(world, conversation)
  }
}

function* converse(world: SampleWorld, { subject, folder, daysAgo, turns, cc = [] }: Conversation) {
  const said: Said[] = []
  const topic = subject.replace(/^Re: /, '')
  for (const [index, turn] of turns.entries()) {
    const key = `conversation/${topic}/${index}`
    const now = sayNext(world, key, { turn, before: said.at(-1), daysAgo })
    const isOwn = now.who === world.me
    const partner = isOwn ? (said.at(-1)?.who ?? world.me) : world.me
    const isAnswered = turns[index + 1]?.[0] === 'me'
    const flags = world.flagsOf(key, isOwn ? 'Sent' : folder, now.sentMs)
    const before = said.at(-1)
    yield world.plan({
      ...{ key, folder: isOwn ? 'Sent' : folder, from: now.who, to: [partner], sentMs: now.sentMs },
      cc: [...new Set([...said.map(({ who }) => who), ...cc.map(name => PEOPLE[name])])].filter(
        each => ![now.who, partner, world.me].includes(each),
      ),
      subject: index === 0 ? subject : `Re: ${topic}`,
      messageId: now.messageId,
      references: said.map(({ messageId }) => messageId),
      flags: isAnswered ? [...new Set(['\\Seen', '\\Answered', ...flags])] : flags,
      part: () => write(now, before),
    })
    said.push(now)
  }
}

interface Next {
  readonly turn: Turn
  readonly before: Said | undefined
  readonly daysAgo: number
}

function sayNext(world: SampleWorld, key: string, { turn: [name, text], before, daysAgo }: Next): Said {
  const who = name === 'me' ? world.me : PEOPLE[name]
  const pauseMs = world.random(key).integer(25, 900) * MINUTE_MS
  const wished = before ? before.sentMs + pauseMs : world.daysAgo(daysAgo, key)
  // What would be written after the base date comes soon after the letter before.
  const early = before ? before.sentMs + (world.baseDateMs - before.sentMs) / 3 : wished
  const sentMs = wished < world.baseDateMs ? wished : Math.trunc(early)
  return { who, text, sentMs, messageId: world.messageId(key, who) }
}

function write({ who, text }: Said, before: Said | undefined): MimePart {
  const letter = `${text}\n\n${who.signature}`
  if (who.style === 'html') return alternative(letter, before)
  const quote = before ? quoted(before) : ''
  if (who.style === 'flowed') return textPart(flowed(`${letter}\n\n${quote}`), { parameters: '; format=flowed' })
  return textPart(wrapped(`${letter}\n\n${quote}`))
}

function quoted(before: Said): string {
  const lines = wrapped(before.text).trimEnd().split('\n')
  return `${attribution(before)}\n${lines.map(line => (line === '' ? '>' : `> ${line}`)).join('\n')}\n`
}

function attribution({ who, sentMs }: Said): string {
  return `On ${writeDate(sentMs, who.zone).slice(0, 16)}, ${who.name} wrote:`
}

function alternative(letter: string, before: Said | undefined): MimePart {
  const quote = before ? [attribution(before), before.text] : []
  const plain = textPart(wrapped(`${letter}\n\n${before ? quoted(before) : ''}`), { encoding: 'quoted-printable' })
  const page = htmlPage(letter, quote)
  return multipart('alternative', [plain, textPart(page, { subtype: 'html', encoding: 'quoted-printable' })])
}
