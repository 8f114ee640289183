/** The mark: one primary and its standbys. */
export const Logo = () => (
  <span className="flex items-center gap-2 font-semibold tracking-tight">
    <svg viewBox="0 0 32 32" className="size-6" aria-hidden>
      <rect width="32" height="32" rx="7" className="fill-accent-fill" />
      <path
        d="M16 11.5 9.5 21M16 11.5 22.5 21"
        className="stroke-white"
        strokeWidth="2"
        strokeLinecap="round"
        opacity=".75"
      />
      <circle cx="16" cy="10" r="4.2" className="fill-white" />
      <circle cx="9" cy="22" r="3.2" className="fill-white" opacity=".9" />
      <circle cx="23" cy="22" r="3.2" className="fill-white" opacity=".9" />
    </svg>
    pg-swarm
  </span>
)
