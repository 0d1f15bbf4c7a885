import { refuses } from "./refuses.ts";

await refuses({
  name: "auggie",
  env: (url) => ({
    AUGMENT_SESSION_AUTH: JSON.stringify({
      accessToken: "x",
      tenantURL: `${url}/`,
      scopes: ["read", "write"],
    }),
  }),
  shows: /Welcome to Augment Code/,
  asks: "POST /get-models",
  why: "knows no other model than its makers': without an account it shows `Login to continue`; with a session for a server on loopback it asks that for `POST /get-models` and `/agents/list-remote-tools`, a wire format of its own",
});
