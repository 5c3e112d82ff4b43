// Runs before the first paint. What a signed-in person set is already on <html>; others have it in this browser.
(() => {
  const { dataset } = document.documentElement;
  if ("own" in dataset) return;
  try {
    for (const name of ["theme", "size", "measure", "spacing"]) {
      const value = localStorage.getItem(`exempla.${name}`);
      if (value) dataset[name] = value;
    }
  } catch { /* storage can be forbidden; the page then follows the system */ }
})();
