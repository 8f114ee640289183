/** Find and go: pages, clusters and satellites, from the keyboard. Central does the searching. */
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { Database, type LucideIcon, RadioTower, Search } from "lucide-react"
import {
  type KeyboardEvent,
  useDeferredValue,
  useEffect,
  useEffectEvent,
  useRef,
  useState,
} from "react"
import {
  Autocomplete,
  Dialog,
  Header,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  SearchField,
  Text,
} from "react-aria-components"
import { call } from "../api/client.ts"
import { CallFailed, sentence } from "../api/failure.ts"
import { clusterBelongs, satelliteBelongs } from "../domain/match.ts"
import { searchWords } from "../domain/search-words.ts"
import { clusterLook, satelliteLook } from "../domain/words.ts"
import { classNames } from "../ui/class-names.ts"
import { itemClass } from "../ui/select.tsx"
import { textTone, type Tone } from "../ui/tone.ts"
import { places } from "./places.ts"

type Props = { readonly open: boolean; readonly onClose: () => void }

type Found = {
  readonly id: string
  readonly icon: LucideIcon
  readonly name: string
  readonly detail: string
  readonly note?: { readonly text: string; readonly tone: Tone }
  readonly go: () => void
}

export const Palette = ({ open, onClose }: Props) => (
  <ModalOverlay
    isOpen={open}
    onOpenChange={(stays) => {
      if (!stays) onClose()
    }}
    isDismissable
    className="fixed inset-0 z-50 flex items-start justify-center overflow-y-auto bg-[rgb(8_10_14/0.45)] p-3 pt-[12vh] transition-opacity duration-75 entering:opacity-0 exiting:opacity-0"
  >
    <Modal className="w-full max-w-xl rounded-lg border border-line-strong bg-raised shadow-overlay">
      <Dialog aria-label="Find" className="outline-none">
        <Finder onClose={onClose} />
      </Dialog>
    </Modal>
  </ModalOverlay>
)

function Finder({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState("")
  const wanted = useDeferredValue(text.trim())
  const found = useFound(wanted)
  const sections = [
    { name: "Pages", items: found.pages },
    { name: "Clusters", items: found.clusters },
    { name: "Satellites", items: found.satellites },
  ].filter((section) => section.items.length > 0)
  const all = sections.flatMap((section) => section.items)
  const choose = (id: string): void => {
    onClose()
    all.find((item) => item.id === id)?.go()
  }
  const menu = useRef<HTMLDivElement>(null)
  const enter = useEnter({
    marked: () => menu.current?.querySelector("[data-focused]")?.getAttribute("data-key"),
    first: wanted === "" ? undefined : all[0]?.id,
    isShown: wanted === text.trim(),
    isLooking: found.searching,
    choose,
  })
  return (
    <Autocomplete
      inputValue={text}
      onInputChange={(now) => {
        enter.forget()
        setText(now)
      }}
    >
      <SearchField
        aria-label="Find a page, a cluster or a satellite"
        // The palette was opened to type into.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        className="sticky top-0 z-1 flex items-center gap-2.5 rounded-t-lg border-b border-line bg-raised px-4"
      >
        <Search aria-hidden className="size-4 text-ink-3" />
        <Input
          onKeyDownCapture={enter.onKeyDown}
          placeholder="Find a page, a cluster or a satellite"
          className="h-12 flex-1 bg-transparent text-base text-ink outline-none placeholder:text-ink-3 [&::-webkit-search-cancel-button]:hidden"
        />
        <kbd className="rounded-sm border border-line px-1.5 font-sans text-xs text-ink-3">Esc</kbd>
      </SearchField>
      <Menu
        ref={menu}
        aria-label="Found"
        onAction={(key) => choose(String(key))}
        className="p-1.5 outline-none"
        renderEmptyState={() => (
          <p role="status" className="px-3 py-8 text-center text-sm text-ink-2">
            {found.searching ? "Looking…" : (found.unsaid ?? `Nothing is called “${wanted}”.`)}
          </p>
        )}
      >
        {sections.map((section) => (
          <MenuSection key={section.name} className="mb-1">
            <Header className="px-2 py-1.5 text-xs font-medium text-ink-3">{section.name}</Header>
            {section.items.map((item) => (
              <FoundItem key={item.id} item={item} />
            ))}
          </MenuSection>
        ))}
      </Menu>
      {found.unsaid === undefined || all.length === 0 ? null : (
        <p role="status" className="border-t border-line px-4 py-2 text-sm text-ink-2">
          {found.unsaid}
        </p>
      )}
    </Autocomplete>
  )
}

type Enter = {
  /** The item that the arrow keys stand on. */
  readonly marked: () => string | null | undefined
  /** None while nothing is typed: nobody asked for it. */
  readonly first: string | undefined
  /** What is shown was found for what is typed. */
  readonly isShown: boolean
  readonly isLooking: boolean
  readonly choose: (id: string) => void
}

/** Enter goes to what is marked. Who types faster than central finds goes to the first that it finds. */
function useEnter({ marked, first, isShown, isLooking, choose }: Enter) {
  const [isAwaited, setAwaited] = useState(false)
  const isOver = isAwaited && isShown && (first !== undefined || !isLooking)
  const end = useEffectEvent((): void => {
    setAwaited(false)
    if (first !== undefined) choose(first)
  })
  useEffect(() => {
    if (isOver) end()
  }, [isOver])
  return {
    forget: (): void => setAwaited(false),
    onKeyDown: (event: KeyboardEvent): void => {
      if (event.key !== "Enter" || event.nativeEvent.isComposing) return
      event.preventDefault()
      event.stopPropagation()
      const id = isShown ? marked() : undefined
      if (typeof id === "string") choose(id)
      else setAwaited(true)
    },
  }
}

const FoundItem = ({ item }: { readonly item: Found }) => (
  <MenuItem
    id={item.id}
    textValue={`${item.name} ${item.detail}`}
    className={classNames(itemClass, "min-h-9 gap-2.5 max-sm:flex-wrap max-sm:gap-y-0")}
  >
    <item.icon aria-hidden className="size-4 shrink-0 text-ink-3" />
    <Text slot="label" className="min-w-0 font-medium wrap-anywhere max-sm:flex-1">
      {item.name}
    </Text>
    <span className="min-w-0 wrap-anywhere text-ink-3 max-sm:order-1 max-sm:basis-full max-sm:pl-6.5 max-sm:empty:hidden">
      {item.detail}
    </span>
    {item.note === undefined ? null : (
      <span className={classNames("ml-auto shrink-0 text-xs", textTone[item.note.tone])}>
        {item.note.text}
      </span>
    )}
  </MenuItem>
)

function useFound(wanted: string) {
  const navigate = useNavigate()
  const { data, error, isFetching } = useQuery({
    queryKey: ["find", wanted],
    queryFn: async ({ signal }) => {
      const query = { limit: 5, ...searchWords(wanted) }
      const [clusters, satellites] = await Promise.all([
        call("listClusters", { query }, signal),
        call("listSatellites", { query }, signal),
      ])
      return { clusters: clusters.items, satellites: satellites.items }
    },
    placeholderData: keepPreviousData,
    staleTime: 5000,
    gcTime: 30_000,
  })
  const pages: Found[] = places
    .filter((place) => place.name.toLowerCase().includes(wanted.toLowerCase()))
    .map(({ to, name, icon, key }) => ({
      id: `page ${to}`,
      icon,
      name,
      detail: "",
      ...(key === undefined ? {} : { note: { text: `g ${key}`, tone: "quiet" as const } }),
      go: () => void navigate({ to }),
    }))
  // What was found for the text before stays only where it fits the text now.
  const search = { search: wanted }
  const clusters: Found[] = (data?.clusters ?? [])
    .filter((cluster) => clusterBelongs(search, cluster))
    .map((cluster) => ({
      id: `cluster ${cluster.id}`,
      icon: Database,
      name: cluster.name,
      detail: `${cluster.satelliteName} · ${cluster.namespace}`,
      note: { text: clusterLook(cluster.state).word, tone: clusterLook(cluster.state).tone },
      go: () => void navigate({ to: "/clusters/$id", params: { id: cluster.id } }),
    }))
  const satellites: Found[] = (data?.satellites ?? [])
    .filter((satellite) => satelliteBelongs(search, satellite))
    .map((satellite) => ({
      id: `satellite ${satellite.id}`,
      icon: RadioTower,
      name: satellite.name,
      detail: satellite.site === satellite.name ? "" : satellite.site,
      note: {
        text: satelliteLook(satellite.state).word,
        tone: satelliteLook(satellite.state).tone,
      },
      go: () => void navigate({ to: "/satellites/$id", params: { id: satellite.id } }),
    }))
  /** Why clusters and satellites are not among what was found. */
  const unsaid =
    error === null
      ? undefined
      : `Only pages were looked for. ${error instanceof CallFailed ? sentence(error.failure) : "Clusters and satellites could not be."}`
  return { pages, clusters, satellites, searching: isFetching, unsaid }
}
