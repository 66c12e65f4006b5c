import { win32 } from 'node:path'
import { z } from 'zod'
import { profileName } from '../../config/profile-settings.ts'
import type { OutlookAccount, SetupFile } from '../../outlook/setup/account.ts'
import { makeAutodiscoverFile } from '../../outlook/setup/autodiscover-file.ts'
import { CODE_PAGES, type CodePage } from '../../outlook/setup/code-page.ts'
import { notExpressible } from '../../outlook/setup/not-expressible.ts'
import { makeProfileFile } from '../../outlook/setup/profile-file.ts'
import { makeRegistryFile, makeRegistryUndoFile } from '../../outlook/setup/registry-file.ts'
import { isGroupwareOnly, mailElsewhere } from '../../profile/binding.ts'
import type { Profile } from '../../profile/profiles.ts'
import { type MethodContext, valueMethod } from '../method.ts'

const text = z.string().min(1).max(1000)
const codePage = z.int().refine((number): number is CodePage => (CODE_PAGES as readonly number[]).includes(number))

/** The files of `profile outlook`: texts without any password, which the command line writes. */
export const OUTLOOK_SETUP_METHODS = {
  'profile.outlookPrf': valueMethod(
    z.strictObject({
      name: z.string(),
      displayName: text.optional(),
      outlookProfile: text.optional(),
      dataFile: text.optional(),
      codePage: codePage.default(1252),
    }),
    async ({ name, displayName, dataFile, codePage, ...given }, context) => {
      const profile = context.installation.profiles.get(name)
      const account = accountOf(profile, displayName, context)
      const outlookProfile = given.outlookProfile ?? `Postern ${name}`
      const content = makeProfileFile(account, { outlookProfile, dataFile, codePage })
      return {
        files: [wireFile({ name: '', content })],
        remarks: [
          ...remarksOn(profile, context),
          ...(dataFile === undefined ? [] : [UNBOUND_DATA_FILE]),
          ...(isAscii(content)
            ? []
            : [`The file is in code page ${codePage}: that must be the Windows machine’s own.`]),
        ],
      }
    },
  ),
  'profile.outlookAutodiscover': valueMethod(
    z.strictObject({ name: profileName, displayName: text.optional(), windowsFolder: text.optional() }),
    async ({ name, displayName, windowsFolder }, context) => {
      const profile = context.installation.profiles.get(name)
      const account = accountOf(profile, displayName, context)
      const domain = profile.email.slice(profile.email.lastIndexOf('@') + 1).toLowerCase()
      // Without a folder it is no path, and refused with what is to be done.
      const file = windowsFolder === undefined ? `${name}.xml` : win32.join(windowsFolder, `${name}.xml`)
      const files = [
        { name: `${name}.xml`, content: makeAutodiscoverFile(account) },
        { name: `${name}.reg`, content: makeRegistryFile({ domain, file }) },
        { name: `${name}-undo.reg`, content: makeRegistryUndoFile({ domain }) },
      ]
      return {
        files: files.map(wireFile),
        remarks: [...remarksOn(profile, context), ...onDomain(domain, profile, context)],
      }
    },
  ),
}

const UNBOUND_DATA_FILE =
  'Outlook may leave the account without a delivery folder when a data file is named: then set it with Account Settings, ' +
  'Change Folder. Without --data-file it makes one and uses it.'

function accountOf(profile: Profile, displayName: string | undefined, context: MethodContext): OutlookAccount {
  if (isGroupwareOnly(profile)) throw mailElsewhere(profile) // such a file would set up an account without mail
  const { email } = profile
  const address = (front: 'pop3' | 'smtp') => ({ host: '127.0.0.1', port: portOf(front, context) })
  return { email, user: email, displayName: displayName ?? email, pop3: address('pop3'), smtp: address('smtp') }
}

function portOf(front: 'pop3' | 'smtp', { installation, daemon }: MethodContext): number {
  const listening = daemon?.fronts.find(({ name }) => name === front)?.status.port
  const port = listening || installation.config.config.fronts[front].port
  if (port > 0) return port
  throw notExpressible(
    `The ${front} front has no port of its own: any free one is taken at each start.`,
    `Give it one: postern config set fronts.${front}.port ${front === 'pop3' ? 5110 : 5587}`,
  )
}

function remarksOn(profile: Profile, { installation }: MethodContext): readonly string[] {
  const { fronts } = installation.config.config
  return [
    ...(['pop3', 'smtp'] as const).flatMap(front => [
      ...(fronts[front].port === 0
        ? [`The port of ${front} is another one after each start (fronts.${front}.port).`]
        : []),
      ...(fronts[front].enabled ? [] : [`The ${front} front is switched off (fronts.${front}.enabled).`]),
    ]),
    ...(profile.smtp === undefined
      ? [`Nothing can be sent yet: postern profile set ${profile.name} smtp smtps://HOST`]
      : []),
  ]
}

// One value of the registry for each domain: the last one that was imported counts.
function onDomain(domain: string, { number }: Profile, { installation }: MethodContext): readonly string[] {
  const others = installation.profiles
    .list()
    .filter(profile => profile.number !== number && profile.email.toLowerCase().endsWith(`@${domain}`))
  return [
    `The .reg file holds for every address of ${domain} that this Windows user adds to Outlook; take it back afterwards with the -undo.reg file.`,
    ...(others.length === 0
      ? []
      : [`Other profiles have addresses of ${domain}, too: add one to Outlook before the next .reg file is used.`]),
  ]
}

function isAscii(content: Buffer): boolean {
  return content.every(octet => octet < 0x80)
}

function wireFile({ name, content }: SetupFile) {
  return { name, base64: content.toString('base64') }
}
