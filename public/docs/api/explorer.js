// Starts Swagger UI on the document that the page names. A file, not an inline script: the page's policy allows
// only files. Credentials that are typed in stay in the tab.
const explorer = document.getElementById("explorer")

globalThis.SwaggerUIBundle({
  domNode: explorer,
  url: explorer.dataset.spec,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
})
