// Sets the remembered theme before the first paint. A file of its own because the content security
// policy allows no inline script. Without a remembered choice the system decides.
;(function () {
  try {
    var theme = localStorage.getItem("pg-swarm.theme")
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
  } catch {
    // Storage is switched off: the system's theme stays.
  }
})()
