// The theme's arrows in the sidebar have no words; a screen reader needs some.
document.addEventListener("DOMContentLoaded", () => {
  for (const arrow of document.querySelectorAll(".toctree-toggle")) {
    const entry = arrow.closest("li").querySelector("a").textContent.trim();
    arrow.closest("summary").setAttribute("aria-label", `Pages of ${entry}`);
  }
});
