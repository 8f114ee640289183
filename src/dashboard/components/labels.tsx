/** Labels as small tags, `key=value`. */
type Props = { readonly labels: Readonly<Record<string, string>>; readonly most?: number }

export function Labels({ labels, most = 3 }: Props) {
  const all = Object.entries(labels)
  if (all.length === 0) return <span className="text-ink-3">none</span>
  const hidden = all.slice(most)
  return (
    <ul className="flex flex-wrap gap-1">
      {all.slice(0, most).map(([key, value]) => (
        <Label key={key} name={key} value={value} />
      ))}
      {hidden.length === 0 ? null : (
        <li
          title={hidden.map(([key, value]) => `${key}=${value}`).join(", ")}
          className="rounded-sm px-1 text-xs leading-5 text-ink-3"
        >
          and {hidden.length} more
        </li>
      )}
    </ul>
  )
}

const Label = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <li className="max-w-56 truncate rounded-sm bg-quiet-soft px-1.5 text-xs leading-5">
    <span className="text-ink-3">{name}</span>
    <span className="text-ink-3">=</span>
    <span className="text-ink">{value}</span>
  </li>
)
