import { join } from 'node:path'
import { z } from 'zod'
import type { Upstreams } from '../../config/installation-defaults.ts'
import { AUTH_CHOICES, usesPassword } from '../../config/profile-settings.ts'
import type { NewBinding } from '../../profile/account-settings.ts'
import { isUnbound, profileUnbound } from '../../profile/binding.ts'
import type { Profile } from '../../profile/profiles.ts'
import { OutboxQueue } from '../../smtp/outbox/queue.ts'
import type { Untold } from '../../store/queries/merge-queries.ts'
import { hasStore } from '../../store/store-presence.ts'
import { surveyAccount } from '../binding/account-survey.ts'
import { type KeptCopy, nameCopy } from '../binding/kept-copies.ts'
import { type MethodContext, valueMethod } from '../method.ts'
import { readOne } from '../reading/readers.ts'
import { noPassword } from '../runs/run-outcomes.ts'

const account = {
  name: z.string(),
  email: z.string().optional(),
  imap: z.string().optional(),
  smtp: z.string().optional(),
  dav: z.string().optional(),
  carddav: z.string().optional(),
  isGroupwareOnly: z.boolean().default(false),
  sieve: z.string().optional(),
  user: z.string().optional(),
  auth: z.enum(AUTH_CHOICES).optional(),
  password: z.string().min(1).optional(),
}

const binding = z.strictObject({ name: z.string(), email: z.string().optional() })

export type { MergeCounts } from '../../sync/merge/merge-account.ts'
export type { JoinCounts } from '../../sync/objects/join/count-join.ts'
export type { AccountCounts } from '../engine/engine-protocol.ts'

/** What is to be known before a profile is bound. */
export interface BindingDocument {
  readonly name: string
  readonly email: string
  /** To which account it is bound; null when it is not. */
  readonly boundTo: string | null
  /** Messages that are here. */
  readonly items: number
  /** Entries of calendars and address books. */
  readonly entries: number
  /** Of the address, where an administrator’s templates tell them. */
  readonly servers: Upstreams | null
}

/** What a profile would lose, or keep from the server, by being parted from it. */
export interface UnbindingDocument extends Untold {
  readonly name: string
  readonly email: string
  /** Messages that wait to be sent. */
  readonly outbox: number
}

/** How a profile was bound. */
export interface BoundDocument {
  readonly name: string
  readonly email: string
  readonly imap: string | null
  readonly smtp: string | null
  readonly dav: string | null
  /** Of what was there before; null when it was kept, or there was none. */
  readonly copy: KeptCopy | null
}

/** `profile bind|unbind`. */
export const BINDING_METHODS = {
  /** Tells of a profile whether it can be bound, and how much is here. */
  'profile.binding': valueMethod(
    binding,
    async ({ name, email: given }, { installation }): Promise<BindingDocument> => {
      const profile = installation.profiles.get(name)
      const email = given ?? profile.email
      const { items, entries } = await readOne(installation.readers, 'summary', { dir: profile.dir })
      const servers = installation.config.defaults.upstreamsFor(email) ?? null
      return {
        name,
        email,
        boundTo: isUnbound(profile) ? null : profile.email,
        items: items - entries,
        entries,
        servers,
      }
    },
  ),
  /** Signs in to an account, and counts what binding would do. */
  'profile.survey': valueMethod(z.strictObject(account), async ({ password, name, ...servers }, context) =>
    surveyAccount(context.installation.profiles.boundTo(name, bindingOf(servers)), password, context),
  ),
  'profile.bind': valueMethod(
    z.strictObject({ ...account, isDeleting: z.boolean() }),
    async ({ password, name, isDeleting, ...given }, context): Promise<BoundDocument> => {
      const { installation, daemon } = context
      const { profiles, syncs } = installation
      const servers = bindingOf(given)
      const candidate = profiles.boundTo(name, servers)
      if (password === undefined && usesPassword(candidate.auth)) throw noPassword(candidate)
      const secrets = await installation.secrets()
      const copy = isDeleting ? await putAside(profiles.get(name), context) : null
      const bound = await syncs.exclusively(candidate, async () => {
        profiles.boundTo(name, servers) // somebody else may have been faster
        await doubt(candidate, context)
        await secrets.set(candidate.number, { password })
        return profiles.bind(name, servers)
      })
      await daemon?.accountChanged(bound)
      return { ...documentOf(bound), copy }
    },
  ),
  'profile.unbinding': valueMethod(z.strictObject({ name: z.string() }), async ({ name }, context) =>
    describeUnbinding(boundProfile(name, context), context),
  ),
  'profile.unbind': valueMethod(z.strictObject({ name: z.string() }), async ({ name }, context) => {
    const { installation, daemon } = context
    const profile = boundProfile(name, context)
    const secrets = await installation.secrets()
    const document = await describeUnbinding(profile, context)
    daemon?.parted(profile)
    installation.syncs.cancel(profile, profileUnbound(profile))
    const unbound = await installation.syncs.exclusively(profile, async () => {
      await doubt(profile, context)
      return installation.profiles.unbind(name, secrets)
    })
    installation.engine.unwatch(profile.number) // ends the connections that are kept for the next run
    await installation.signIns.clear(profile.number)
    daemon?.parted(unbound) // what was broken off has told of it meanwhile
    return document
  }),
}

function bindingOf({ isGroupwareOnly, ...servers }: NewBinding & { readonly isGroupwareOnly: boolean }): NewBinding {
  return isGroupwareOnly ? { ...servers, mailIn: 'outlook' } : servers
}

function boundProfile(name: string, { installation }: MethodContext): Profile {
  const profile = installation.profiles.get(name)
  if (isUnbound(profile)) throw profileUnbound(profile)
  return profile
}

async function describeUnbinding(profile: Profile, context: MethodContext): Promise<UnbindingDocument> {
  const { readers, home } = context.installation
  const untold = await readOne(readers, 'untold', { dir: profile.dir })
  const outbox = (await new OutboxQueue(join(home.outboxDir, String(profile.number))).list()).length
  return { name: profile.name, email: profile.email, ...untold, outbox }
}

/** Nothing is believed any more that the store knows of a server. */
async function doubt(profile: Profile, { installation, emit, signal }: MethodContext): Promise<void> {
  if (hasStore(profile.dir)) await installation.stores.doubt(profile, { onProgress: emit, signal })
}

/** Empties the store of a profile; gives where its copy is, null when there was none. */
async function putAside(profile: Profile, { installation, emit, signal }: MethodContext): Promise<KeptCopy | null> {
  if (!hasStore(profile.dir)) return null
  const copy = nameCopy(profile, Date.now())
  await installation.stores.putAside(profile, copy.dir, { onProgress: emit, signal })
  return copy
}

function documentOf({ name, email, imap, smtp, dav }: Profile) {
  return { name, email, imap: imap ?? null, smtp: smtp ?? null, dav: dav ?? null }
}
