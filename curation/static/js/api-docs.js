// Draws the description of the API with Swagger UI, which the page loads before this.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

// Swagger UI has dark colours under a class of its own.
function followTheme() {
  const { theme = "auto" } = root.dataset;
  root.classList.toggle("dark-mode", theme === "dark" || (theme === "auto" && dark.matches));
}

dark.addEventListener("change", followTheme);
new MutationObserver(followTheme).observe(root, { attributeFilter: ["data-theme"] });
followTheme();

const csrf = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";

globalThis.SwaggerUIBundle({
  url: document.getElementById("swagger").dataset.schema,
  dom_id: "#swagger",
  presets: [globalThis.SwaggerUIBundle.presets.apis],
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "none",
  persistAuthorization: false,
  // A call by the session is believed only with the token of this site.
  requestInterceptor: (request) => {
    if (csrf) request.headers["X-CSRFToken"] = csrf;
    return request;
  },
});
