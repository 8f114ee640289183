/** What central decides about a site as a whole: on the stream, and in the ConfigMap that the site keeps it in. */
import { create, fromJsonString, toJsonString } from "@bufbuild/protobuf"
import type { SiteSettings } from "#core/fleet/settings.ts"
import type { Parsed } from "#core/parsed.ts"
import {
  type SiteSettings as WireSiteSettings,
  SiteSettingsSchema,
} from "./gen/pgswarm/v1/satellite_pb.ts"
import { Reader } from "./proto-field.ts"

/** Most tiers that a fleet has. */
export const tiersMax = 50

export const encodeSiteSettings = (settings: SiteSettings): WireSiteSettings =>
  create(SiteSettingsSchema, {
    satelliteName: settings.satelliteName,
    tiers: { ...settings.tiers },
    ...(settings.imageMirror === undefined ? {} : { imageMirror: settings.imageMirror }),
  })

export function parseSiteSettings(message: WireSiteSettings): Parsed<SiteSettings> {
  const read = new Reader()
  const { imageMirror } = message
  return read.done({
    satelliteName: read.text("settings.satellite_name", message.satelliteName, 63),
    tiers: read.map("settings.tiers", message.tiers, { entries: tiersMax, key: 63, value: 253 }),
    imageMirror:
      imageMirror === undefined ? undefined : read.text("settings.image_mirror", imageMirror, 200),
  })
}

export const storeSiteSettings = (settings: SiteSettings): string =>
  toJsonString(SiteSettingsSchema, encodeSiteSettings(settings), { prettySpaces: 2 })

export function readStoredSiteSettings(text: string): Parsed<SiteSettings> {
  try {
    // Fields of a newer satellite are skipped.
    return parseSiteSettings(
      fromJsonString(SiteSettingsSchema, text, { ignoreUnknownFields: true }),
    )
  } catch (failure) {
    const problem = failure instanceof Error ? failure.message : String(failure)
    return { kind: "bad", problems: [{ field: "settings", problem }] }
  }
}
