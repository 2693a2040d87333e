// Runs before the first paint, so that a page in the dark theme never flashes white. Kept in step with src/theme.
(() => {
  let kept = null;
  try {
    kept = localStorage.getItem("millrace.theme");
  } catch {
    // A browser that keeps nothing follows the system.
  }
  const dark = kept === "dark" || (kept !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
