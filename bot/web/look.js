// Sets the colours and the size of the text before anything is drawn, from what was chosen on this device.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function chosen(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage is switched off: the system's wish counts
    }
  }

  function apply() {
    root.dataset.theme = chosen("theme") || (dark.matches ? "dark" : "light");
    root.dataset.size = chosen("size") || "normal";
    const bar = root.dataset.theme === "dark" ? "#182320" : "#24433b";
    document.querySelector("meta[name=theme-color]").content = bar;
  }

  window.look = (name, value) => {
    root.dataset[name] = value;
    try {
      localStorage.setItem(name, value);
    } catch {
      return; // it holds until the page is left
    }
    apply();
  };

  dark.addEventListener("change", apply);
  addEventListener("storage", apply);
  apply();
})();
