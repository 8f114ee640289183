/** Who is signed in; theme and signing out. */
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useRouter } from "@tanstack/react-router"
import { Check, CircleUser, LogOut } from "lucide-react"
import {
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Separator,
} from "react-aria-components"
import { call } from "../api/client.ts"
import { useLive } from "../api/context.ts"
import { refusedStatus } from "../api/failure.ts"
import { sessionQuery } from "../api/queries.ts"
import { IconButton } from "../ui/button.tsx"
import { itemClass, popoverClass } from "../ui/select.tsx"
import { type Theme, setTheme, themes, useTheme } from "../ui/theme.ts"
import { complain } from "../ui/toast.tsx"

const themeNames: Readonly<Record<Theme, string>> = {
  system: "Same as the system",
  light: "Light",
  dark: "Dark",
}

export function UserMenu() {
  const { data: session } = useQuery(sessionQuery)
  const theme = useTheme()
  const router = useRouter()
  const signOut = useSignOut()
  const choose = (action: string): void => {
    if (action === "account") void router.navigate({ to: "/account" })
    if (action === "sign-out") void signOut()
    const wanted = themes.find((each) => each === action)
    if (wanted !== undefined) setTheme(wanted)
  }
  return (
    <MenuTrigger>
      <IconButton label={`Account and theme, signed in as ${session?.user ?? "nobody"}`}>
        <CircleUser aria-hidden className="size-4.5" />
      </IconButton>
      <Popover placement="top end" className={popoverClass}>
        <Menu onAction={(key) => choose(String(key))} className="min-w-52 p-1 outline-none">
          <MenuSection>
            <Header className="px-2 py-1.5 text-xs text-ink-3">
              Signed in as <span className="font-medium text-ink">{session?.user}</span>
            </Header>
          </MenuSection>
          <Separator className="my-1 h-px bg-line" />
          <MenuSection selectionMode="single" selectedKeys={[theme]} disallowEmptySelection>
            <Header className="px-2 py-1 text-xs text-ink-3">Theme</Header>
            {themes.map((each) => (
              <MenuItem key={each} id={each} className={itemClass}>
                <span className="flex-1">{themeNames[each]}</span>
                {each === theme ? <Check aria-hidden className="size-3.5" /> : null}
              </MenuItem>
            ))}
          </MenuSection>
          <Separator className="my-1 h-px bg-line" />
          <MenuItem id="account" className={itemClass}>
            <CircleUser aria-hidden className="size-3.5" />
            My account
          </MenuItem>
          <MenuItem id="sign-out" className={itemClass}>
            <LogOut aria-hidden className="size-3.5" />
            Sign out
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}

/** Ends the session at central first: a session that only this page forgot would still be open. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient()
  const live = useLive()
  const router = useRouter()
  return async () => {
    try {
      await call("signOut", {})
    } catch (error) {
      if (refusedStatus(error) !== 401) {
        complain("You are still signed in: central did not answer. Try again in a moment.")
        return
      }
    }
    live.stop()
    // Nothing of what this person saw stays for the next one.
    client.clear()
    await router.navigate({ to: "/sign-in" })
  }
}
