// The page of the API: Swagger UI, served from here, since the pages' policy lets no other host's script run.

SwaggerUIBundle({ url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null });
