/** The frame around every page: skip link, sidebar (or a menu where it is narrow), banner, main. */
import { Outlet, useRouter } from "@tanstack/react-router"
import { Menu, Search, X } from "lucide-react"
import { useEffect, useState } from "react"
import { Dialog, Modal, ModalOverlay } from "react-aria-components"
import { useLiveState } from "../api/context.ts"
import { IconButton } from "../ui/button.tsx"
import { LiveBanner, LiveIndicator } from "./live-indicator.tsx"
import { Logo } from "./logo.tsx"
import { Navigation } from "./navigation.tsx"
import { Palette } from "./palette.tsx"
import { UserMenu } from "./user-menu.tsx"
import { useShortcuts } from "./shortcuts.ts"

export function Shell() {
  const live = useLiveState()
  const [finding, setFinding] = useState(false)
  const away = live.kind === "reconnecting" || live.kind === "offline"
  useShortcuts(() => setFinding(true))
  useFocusOnMain()
  return (
    <div data-live={away ? "away" : "here"} className="flex min-h-dvh flex-col lg:pl-58">
      <a
        href="#main"
        className="fixed top-2 left-2 z-60 -translate-y-16 rounded-md bg-accent-fill px-3 py-1.5 text-sm font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <aside className="fixed inset-y-0 left-0 hidden w-58 flex-col border-r border-line bg-sidebar lg:flex">
        <SidebarContent onFind={() => setFinding(true)} />
      </aside>
      <TopBar onFind={() => setFinding(true)} />
      <LiveBanner />
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto w-full max-w-380 flex-1 px-4 py-5 sm:px-6 lg:px-8 lg:py-7"
      >
        <Outlet />
      </main>
      <Palette open={finding} onClose={() => setFinding(false)} />
    </div>
  )
}

/** On another page the keyboard goes on at its content, unless a field there has taken it already. */
function useFocusOnMain(): void {
  const router = useRouter()
  useEffect(
    () =>
      router.subscribe("onRendered", ({ pathChanged, fromLocation }) => {
        const main = document.getElementById("main")
        if (!pathChanged || fromLocation === undefined || main === null) return
        if (!main.contains(document.activeElement)) main.focus({ preventScroll: true })
      }),
    [router],
  )
}

function SidebarContent({
  onFind,
  onGo,
}: {
  readonly onFind: () => void
  readonly onGo?: () => void
}) {
  return (
    <>
      <div className="flex h-14 items-center px-4">
        <Logo />
      </div>
      <div className="px-3 pb-4">
        <button
          type="button"
          onClick={onFind}
          className="flex h-8 w-full items-center gap-2 rounded-md border border-line-strong bg-surface px-2.5 text-sm text-ink-3 hover:border-control hover:text-ink-2"
        >
          <Search aria-hidden className="size-3.5" />
          Find…
          <kbd className="ml-auto rounded-sm border border-line px-1 font-sans text-xs">/</kbd>
        </button>
      </div>
      <div className="flex-1 overflow-y-auto px-3">
        <Navigation {...(onGo === undefined ? {} : { onGo })} />
      </div>
      <div className="flex items-center justify-between gap-2 border-t border-line py-2 pr-2 pl-4">
        <LiveIndicator />
        <UserMenu />
      </div>
    </>
  )
}

function TopBar({ onFind }: { readonly onFind: () => void }) {
  const [open, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <header className="sticky top-0 z-30 flex h-13 items-center gap-1 border-b border-line bg-sidebar px-2 lg:hidden">
      <IconButton label="Menu" onPress={() => setOpen(true)}>
        <Menu aria-hidden className="size-5" />
      </IconButton>
      <Logo />
      <LiveIndicator className="mr-1 ml-auto" />
      <IconButton label="Find a cluster or a satellite" onPress={onFind}>
        <Search aria-hidden className="size-4.5" />
      </IconButton>
      <ModalOverlay
        isOpen={open}
        onOpenChange={setOpen}
        isDismissable
        className="fixed inset-0 z-40 bg-[rgb(8_10_14/0.55)] transition-opacity duration-100 entering:opacity-0 exiting:opacity-0"
      >
        <Modal className="h-full w-68 border-r border-line bg-sidebar transition-transform duration-150 entering:-translate-x-8">
          <Dialog aria-label="Menu" className="relative flex h-full flex-col outline-none">
            <IconButton label="Close the menu" className="absolute top-3 right-2" onPress={close}>
              <X aria-hidden className="size-4" />
            </IconButton>
            <SidebarContent
              onFind={() => {
                close()
                onFind()
              }}
              onGo={close}
            />
          </Dialog>
        </Modal>
      </ModalOverlay>
    </header>
  )
}
