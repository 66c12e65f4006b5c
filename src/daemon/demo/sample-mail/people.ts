import type { Mailbox } from './wire/header-fields.ts'

/** How somebody's mail program writes. */
export type MailStyle = 'plain' | 'flowed' | 'html'

/** Somebody who writes to the owner of the demo. */
export interface Person extends Mailbox {
  readonly style: MailStyle
  /** Where they live, as an offset such as `+0100`. */
  readonly zone: string
  /** How they say goodbye. */
  readonly signature: string
}

function person(name: string, address: string, signature: string, style: MailStyle = 'plain', zone = '+0100'): Person {
  return { name, address, style, zone, signature }
}

/** Everybody in the demo's mail, by a short name. All invented. */
export const PEOPLE = {
  mara: person('Mara Lindqvist', 'mara.lindqvist@northspan.example', 'Mara', 'html'),
  tom: person('Tom Okafor', 'tom@northspan.example', 'Cheers,\nTom', 'flowed', '+0000'),
  ines: person('Inês Carvalho', 'ines.carvalho@harbour-trust.example', 'Um abraço,\nInês', 'html', '+0000'),
  bruno: person('Bruno Weiß', 'b.weiss@stahlbau-weiss.example', 'Mit freundlichen Grüßen\nBruno Weiß', 'plain'),
  lucie: person('Lucie Morel', 'lucie@cafe-lanterne.example', 'À bientôt,\nLucie', 'html'),
  samir: person('Samir Haddad', 'samir@roastery.example', 'Samir', 'flowed', '+0200'),
  greta: person('Greta Falk', 'greta.falk@joinery.example', 'Best,\nGreta', 'plain'),
  mum: person('Helen Ashby', 'helen@ashby-family.example', 'Love, Mum x', 'plain', '+0000'),
  jonas: person('Jonas Ashby', 'jonas@ashby-family.example', 'J.', 'flowed', '+0000'),
  oma: person('Oma Hilde', 'hilde@familie.example', 'Deine Oma', 'plain'),
  priya: person('Priya Raman', 'priya.raman@example.org', 'Priya', 'html', '+0530'),
  kenji: person('佐藤 健二', 'kenji.sato@tsubame.example', '佐藤', 'plain', '+0900'),
  nadia: person('Nadia Petrova', 'nadia.petrova@example.net', 'Nadia', 'html', '+0300'),
  leo: person('Leo "the lamp" Brandt', 'leo@lamps.example', 'Leo', 'plain'),
  clerk: person('Oyster Quay Council, Planning', 'planning@oysterquay.example', 'Planning Office', 'plain', '+0000'),
  guide: person('Alma Ruiz', 'alma@tides-and-trails.example', 'Warm regards,\nAlma', 'html'),
} as const satisfies Record<string, Person>

/** The short name of somebody. */
export type PersonName = keyof typeof PEOPLE
