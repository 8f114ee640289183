/** Pages are a header and panels. */
import type { ReactNode } from "react"
import { classNames } from "./class-names.ts"

type PanelProps = {
  readonly title?: string
  /** Beside the title: a count, a link. */
  readonly aside?: ReactNode
  readonly children: ReactNode
  readonly className?: string
}

export function Panel({ title, aside, children, className }: PanelProps) {
  return (
    <section aria-label={title} className={classNames("surface min-w-0 shadow-raised", className)}>
      {title === undefined ? null : (
        <header className="flex min-h-11 items-center justify-between gap-3 border-b border-line px-4 py-1.5">
          <h2 className="text-base font-semibold">{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  )
}

type HeaderProps = {
  readonly title: ReactNode
  readonly lead?: ReactNode
  readonly above?: ReactNode
  readonly actions?: ReactNode
}

export const PageHeader = ({ title, lead, above, actions }: HeaderProps) => (
  <header className="mb-5 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
    <div className="min-w-0">
      {above}
      <h1 className="flex flex-wrap items-center gap-x-3 gap-y-1 text-2xl font-semibold tracking-tight wrap-anywhere">
        {title}
      </h1>
      {lead === undefined ? null : <div className="mt-1 max-w-3xl text-ink-2">{lead}</div>}
    </div>
    {actions === undefined ? null : (
      <div className="flex flex-wrap items-center gap-2">{actions}</div>
    )}
  </header>
)

/** Name and value pairs in a grid. */
export const Facts = ({ children }: { readonly children: ReactNode }) => (
  <dl className="grid grid-cols-2 gap-x-6 gap-y-4 p-4 sm:grid-cols-3 lg:grid-cols-4 xl:grid-cols-6">
    {children}
  </dl>
)

type FactProps = {
  readonly name: string
  readonly children: ReactNode
  /** Takes the room of two. */
  readonly wide?: boolean
}

export const Fact = ({ name, children, wide = false }: FactProps) => (
  <div className={classNames("min-w-0", wide && "col-span-2")}>
    <dt className="text-xs text-ink-3">{name}</dt>
    <dd className="mt-0.5 text-sm wrap-anywhere">{children}</dd>
  </div>
)
