/** What a page shows when it has nothing to show: empty, loading, failed. */
import { type LucideIcon, CloudOff, RotateCw, TriangleAlert } from "lucide-react"
import type { ReactNode } from "react"
import { Button } from "./button.tsx"
import { classNames } from "./class-names.ts"
import { CopyButton } from "./copy-button.tsx"

type EmptyProps = {
  readonly icon: LucideIcon
  readonly title: string
  readonly children: ReactNode
  readonly action?: ReactNode
}

export const Empty = ({ icon: Icon, title, children, action }: EmptyProps) => (
  <div className="flex flex-col items-center px-6 py-12 text-center">
    <span className="mb-3 grid size-10 place-items-center rounded-full bg-sunken text-ink-3">
      <Icon aria-hidden className="size-5" />
    </span>
    <p className="font-semibold">{title}</p>
    <div className="mt-1 max-w-md text-sm text-ink-2">{children}</div>
    {action === undefined ? null : <div className="mt-4">{action}</div>}
  </div>
)

type FailedProps = {
  /** What could not be had: "The list of clusters". */
  readonly what: string
  readonly why: string
  readonly requestId: string | undefined
  readonly away: boolean
  readonly onRetry: () => void
  readonly retrying: boolean
}

export const Failed = ({ what, why, requestId, away, onRetry, retrying }: FailedProps) => (
  <div role="alert" className="flex flex-col items-center px-6 py-12 text-center">
    <span className="mb-3 grid size-10 place-items-center rounded-full bg-bad-soft text-bad">
      {away ? (
        <CloudOff aria-hidden className="size-5" />
      ) : (
        <TriangleAlert aria-hidden className="size-5" />
      )}
    </span>
    <p className="font-semibold">{what} could not be loaded</p>
    <p className="mt-1 max-w-md text-sm text-ink-2">{why}</p>
    <Button className="mt-4" onPress={onRetry} isPending={retrying}>
      <RotateCw aria-hidden className={classNames("size-3.5", retrying && "animate-spin-slow")} />
      Try again
    </Button>
    {requestId === undefined ? null : <RequestId id={requestId} />}
  </div>
)

/** The id to give to whoever reads central's log. */
export const RequestId = ({ id }: { readonly id: string }) => (
  <p className="mt-3 flex items-center gap-1 text-xs text-ink-3">
    Request <code className="font-mono">{id}</code>
    <CopyButton text={id} label="Copy the request id" />
  </p>
)

/** A grey bar where text will be. The wait is announced once by `Loading`. */
export const Bone = ({ className }: { readonly className?: string }) => (
  <span
    aria-hidden
    className={classNames("block h-3.5 animate-breathe rounded bg-active", className)}
  />
)

/** Rows of bones in the shape of a list. */
export const LoadingRows = ({
  rows = 6,
  what,
}: {
  readonly rows?: number
  readonly what: string
}) => (
  <div role="status" aria-label={`Loading ${what}`} className="divide-y divide-line">
    {Array.from({ length: rows }, (_, row) => (
      <div key={row} className="flex h-12 items-center gap-6 px-4">
        <Bone className={row % 2 === 0 ? "w-40" : "w-32"} />
        <Bone className="w-20" />
        <Bone className="ml-auto hidden w-48 sm:block" />
        <Bone className="hidden w-16 sm:block" />
      </div>
    ))}
  </div>
)
