/** Who a satellite is: what is wrong with that, and a menu of what can be done, each behind its dialog. */
import { KeyRound } from "lucide-react"
import { useState } from "react"
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components"
import type { Satellite } from "#wire/rest/satellites.ts"
import { type SatelliteDeed, deedsOf, identityTrouble } from "../domain/satellite-deeds.ts"
import { DecommissionSatellite } from "../forms/decommission-satellite.tsx"
import { ReplaceSatellite } from "../forms/replace-satellite.tsx"
import { RevokeSatellite } from "../forms/revoke-satellite.tsx"
import { RotateToken } from "../forms/rotate-token.tsx"
import { Button } from "../ui/button.tsx"
import { Notice } from "../ui/notice.tsx"
import { itemClass, popoverClass } from "../ui/select.tsx"

const words: Readonly<Record<SatelliteDeed, { readonly word: string; readonly meaning: string }>> =
  {
    rotate: { word: "Rotate token…", meaning: "A new token; nothing stops." },
    revoke: { word: "Revoke…", meaning: "Its stream ends; its clusters run on." },
    replace: { word: "Replace…", meaning: "Another Kubernetes takes its place." },
    decommission: { word: "Decommission…", meaning: "Forgotten here, with its clusters." },
  }

/** Clusters lose their central by it. */
const isGrave = (deed: SatelliteDeed): boolean => deed === "revoke" || deed === "decommission"

type Props = { readonly satellite: Satellite }

export function IdentityMenu({ satellite }: Props) {
  const [open, setOpen] = useState<SatelliteDeed>()
  const close = () => setOpen(undefined)
  const possible = deedsOf(satellite)
  return (
    <>
      <MenuTrigger>
        <Button>
          <KeyRound aria-hidden className="size-3.5" />
          Identity
        </Button>
        <Popover placement="bottom end" className={popoverClass}>
          <Menu
            aria-label="Identity"
            onAction={(key) => setOpen(possible.find((deed) => deed === key))}
            className="min-w-60 p-1 outline-none"
          >
            {possible.map((deed) => (
              <MenuItem key={deed} id={deed} textValue={words[deed].word} className={itemClass}>
                <span className="flex flex-col">
                  <span className={isGrave(deed) ? "text-bad" : undefined}>{words[deed].word}</span>
                  <span className="text-xs text-ink-3">{words[deed].meaning}</span>
                </span>
              </MenuItem>
            ))}
          </Menu>
        </Popover>
      </MenuTrigger>
      {open === "rotate" ? <RotateToken satellite={satellite} onClose={close} /> : null}
      {open === "revoke" ? <RevokeSatellite satellite={satellite} onClose={close} /> : null}
      {open === "replace" ? <ReplaceSatellite satellite={satellite} onClose={close} /> : null}
      {open === "decommission" ? (
        <DecommissionSatellite satellite={satellite} onClose={close} />
      ) : null}
    </>
  )
}

export function IdentityTrouble({ satellite }: Props) {
  const trouble = identityTrouble(satellite)
  if (trouble === undefined) return null
  const isRevoked = satellite.identity.revokedAt !== null
  return (
    <Notice tone={isRevoked ? "warn" : "busy"} alert={isRevoked} className="mb-4">
      {trouble}
    </Notice>
  )
}
