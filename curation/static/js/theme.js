// Runs before the first paint, so that a remembered theme and type size do not flash.
(() => {
  try {
    for (const name of ["theme", "size"]) {
      const value = localStorage.getItem(`exempla.${name}`);
      if (value) document.documentElement.dataset[name] = value;
    }
  } catch { /* storage can be forbidden; the page then follows the system */ }
})();
